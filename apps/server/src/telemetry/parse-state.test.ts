import { expect, test } from 'vitest';
import { listCaptured, readCapturedBody } from '../../../../testing/fixtures/captured-bodies.ts';
import { parseState } from './parse-state.ts';
import { readField, readRecord } from './tolerant-json.ts';

function parse(body: unknown) {
  const parsed = parseState(body);
  if (!parsed.ok) throw new Error(parsed.problem.detail);
  return parsed.details;
}

test('every captured state is parsed', () => {
  const states = listCaptured('state').map((name) => {
    const { pipelineName, datasetName, schemas } = parse(readCapturedBody(name));
    return [name, pipelineName, datasetName, schemas.map((schema) => schema.name)];
  });
  expect(states).toEqual([
    ['fail_load/001-state', 'broken_pipeline', 'broken_data', ['broken']],
    ['fail_load/003-state', 'broken_pipeline', 'broken_data', ['broken']],
    ['ok/001-state', 'orders_pipeline', 'shop_data', ['shop']],
    ['ok/004-state', 'events_pipeline', 'event_data', ['events']],
    ['ok/007-state', 'orders_pipeline', 'shop_data', ['shop']],
    ['ok/009-state', 'events_pipeline', null, ['events']],
  ]);
});

test("a schema has its version, previous hashes, and its tables without dlt's own", () => {
  const body = readCapturedBody('ok/001-state');
  const details = parse(body);
  expect(details).toMatchObject({ destinationName: 'duckdb', destinationFingerprint: null });
  const [schema] = details.schemas;
  expect(schema).toMatchObject({
    name: 'shop',
    version: 2,
    versionHash: 'AigsrhncieYnEmyW1oRyRdwqTRGByMI9r1J8W74u5A0=',
    previousHashes: [
      '2d9ONW42XU2lxvir/hqoyJ0iEihuYtNPZprl6O6Scdo=',
      'EO2gXW0aKBoFB18ml/89xhmPgibrGXDqnPSPR+vw6aY=',
    ],
    tables: [
      { name: 'orders', parent: null, resourceName: 'orders', writeDisposition: 'merge', columnCount: 5 },
      {
        name: 'customers',
        parent: null,
        resourceName: 'customers',
        writeDisposition: 'replace',
        columnCount: 4,
      },
      { name: 'orders__lines', parent: 'orders', resourceName: null, writeDisposition: null, columnCount: 6 },
    ],
  });
  const [raw] = readField(readRecord(body), 'schemas') as unknown[];
  expect(schema?.document).toEqual(raw);
});

test('a schema without a name or too large to store is omitted, the rest is kept', () => {
  const good = { name: 'good', version_hash: 'h' };
  const deep = { name: 'deep', version_hash: 'h', x: JSON.parse('['.repeat(50) + ']'.repeat(50)) };
  const details = parse({ pipeline_name: 'p', schemas: [{ name: 'no hash' }, 7, deep, good] });
  expect(details.schemas).toEqual([
    { name: 'good', version: 0, versionHash: 'h', previousHashes: [], tables: [], document: good },
  ]);
});

test('a state without a pipeline is a malformed beacon', () => {
  expect(parseState({ schemas: [] })).toMatchObject({ ok: false, problem: { code: 'malformed_beacon' } });
});
