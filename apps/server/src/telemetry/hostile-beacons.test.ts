import { isPlainObject } from '../domain/primitives/plain-object.ts';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { caseCount, propertySeed } from '../../../../testing/fixtures/property-seed.ts';
import { listCaptured, readCapturedBody } from '../../../../testing/fixtures/captured-bodies.ts';
import { decodeBeaconBody } from './beacon-body.ts';
import { parseJobResult } from './parse-job-result.ts';
import { parseState } from './parse-state.ts';
import { parseTrace } from './parse-trace.ts';
import { toDetailedPipelineRun, toPipelineRunTrace } from './serializers.ts';

const parsers = { trace: parseTrace, state: parseState, job_result: parseJobResult };
const kinds = ['trace', 'state', 'job_result'] as const;
const captured = kinds.flatMap((kind) => listCaptured(kind).map((name) => ({ kind, name })));

/**
 * Everything that a parser accepts must survive a column: no NUL, no unpaired surrogate, no number that JSON
 * cannot represent.
 */
function expectStorable(value: unknown): void {
  const json = JSON.stringify(value);
  expect(JSON.parse(json)).toEqual(value);
  expect(json).not.toMatch(/\\u0000|\\ud[89a-f]/);
}

function parseAll(body: unknown): void {
  for (const parse of Object.values(parsers)) {
    const parsed = parse(body);
    if (parsed.ok) expectStorable(parsed.details);
    else expect(parsed.problem.code).toBe('malformed_beacon');
  }
}

/** Replaces the value at one position of a JSON tree, chosen by `seed`. */
function mutateAt(value: unknown, seed: number, replacement: unknown): unknown {
  if (Array.isArray(value) && value.length > 0) {
    const index = seed % value.length;
    return value.with(index, mutateAt(value[index], Math.floor(seed / value.length), replacement));
  }
  const keys = isPlainObject(value) ? Object.keys(value) : [];
  const key = keys[seed % Math.max(1, keys.length)];
  if (!isPlainObject(value) || key === undefined) return replacement;
  return { ...value, [key]: mutateAt(value[key], Math.floor(seed / keys.length), replacement) };
}

/** Builds a metric of the table `t` and the resource `r` in the package `1`. */
function writeMetric(items: unknown) {
  return { load_id: '1', table_name: 't', resource_name: 'r', items_count: items };
}

/** Builds this many nested arrays as JSON. */
function nestArrays(depth: number): string {
  return `${'['.repeat(depth)}${']'.repeat(depth)}`;
}

describe('no body makes a parser throw', () => {
  test('random JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (body) => parseAll(body)),
      { seed: propertySeed, numRuns: caseCount(200) },
    );
  });

  test('random JSON under the keys that a parser requires', () => {
    const shape = fc.record({
      transaction_id: fc.string({ minLength: 1, unit: 'binary' }),
      pipeline_name: fc.string({ minLength: 1, unit: 'binary' }),
      type: fc.constant('job.x'),
      job_ref: fc.string({ minLength: 1, unit: 'binary' }),
      result: fc.jsonValue({ stringUnit: 'binary' }),
      steps: fc.array(
        fc.record({
          step: fc.constantFrom('extract', 'normalize', 'load', 'run', '__proto__'),
          step_info: fc.jsonValue(),
          step_exception: fc.jsonValue(),
          load_info: fc.jsonValue(),
          exception_traces: fc.jsonValue(),
        }),
      ),
      schemas: fc.array(fc.dictionary(fc.string(), fc.jsonValue({ stringUnit: 'binary' }))),
    });
    fc.assert(fc.property(shape, parseAll), { seed: propertySeed, numRuns: caseCount(200) });
  });

  test('captured bodies with any one value replaced', () => {
    const replacements = [
      null,
      true,
      -1,
      1e308,
      Number.NaN,
      'text\0\ud800',
      [],
      {},
      [null, 7, {}],
      '__proto__',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...captured),
        fc.nat({ max: 2 ** 31 - 1 }),
        fc.constantFrom<unknown>(...replacements),
        ({ name }, seed, replacement) => parseAll(mutateAt(readCapturedBody(name), seed, replacement)),
      ),
      { seed: propertySeed, numRuns: caseCount(400) },
    );
  });

  test('captured bodies truncated at any point are not JSON', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...captured),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (from, share) => {
          const bytes = Buffer.from(JSON.stringify(readCapturedBody(from.name)));
          const decoded = decodeBeaconBody(bytes.subarray(0, Math.floor(bytes.length * share)));
          expect(decoded).toMatchObject({ ok: false, problem: { code: 'malformed_beacon' } });
        },
      ),
      { seed: propertySeed, numRuns: caseCount(50) },
    );
  });
});

describe('limits on the content of a hostile body', () => {
  const keys = { transaction_id: 't', pipeline_name: 'p' };

  function parse(steps: unknown[]) {
    const parsed = parseTrace({ ...keys, steps });
    if (!parsed.ok) throw new Error(parsed.problem.detail);
    return parsed.details;
  }

  test('texts are truncated with a note', () => {
    const exception = { message: 'm'.repeat(1e6), exception_type: 'E', stack_trace: ['s'.repeat(1e6)] };
    const details = parse([
      {
        step: 'extract',
        step_exception: 'x'.repeat(1e6),
        exception_traces: Array.from({ length: 1000 }, () => exception),
      },
    ]);
    expect(details.errorMessage).toHaveLength(16 * 1024);
    expect(details.errorMessage).toMatch(/x… \[983\d{3} more characters\]$/);
    expect(details.errorCause?.length).toBeLessThan(2000);
    expect(details.errorTraceback?.length).toBeLessThan(70_000);
  });

  test('counts stay safe integers', () => {
    const metrics = [
      writeMetric(1e300),
      writeMetric(1e300),
      writeMetric(-5),
      writeMetric('9'),
      writeMetric(2.7),
      writeMetric(null),
    ];
    const details = parse([
      { step: 'extract', extract_info: { resource_metrics: metrics, table_metrics: metrics } },
    ]);
    expect(details.totalRowsExtracted).toBe(Number.MAX_SAFE_INTEGER);
    expect(details.tables[0]?.rowsExtracted).toBe(Number.MAX_SAFE_INTEGER);
  });

  test('lists are truncated, but totals are not', () => {
    const metrics = Array.from({ length: 6000 }, (_, index) => ({
      load_id: '1',
      table_name: `t${index}`,
      items_count: 2,
      job_id: `t${index}.x`,
    }));
    const jobs = metrics.map((metric) => ({ ...metric, state: 'completed_jobs' }));
    const details = parse([
      { step: 'normalize', normalize_info: { table_metrics: metrics } },
      { step: 'load', step_info: { load_packages: [{ load_id: '1', state: 'loaded', jobs }] } },
    ]);
    expect(details.tables).toHaveLength(5000);
    expect(details.totalRowsLoaded).toBe(12_000);
    expect(parse(Array.from({ length: 1000 }, () => ({ step: 'load' }))).steps).toHaveLength(100);
  });

  test('keys of prototypes stay data', () => {
    const body: unknown = JSON.parse(
      '{"transaction_id":"t","pipeline_name":"p","steps":[{"step":"__proto__"},{"step":"constructor"}],"__proto__":{"polluted":1}}',
    );
    expect(parseTrace(body).ok).toBe(true);
    const state: unknown = JSON.parse(
      '{"pipeline_name":"p","schemas":[{"name":"s","version_hash":"h","tables":{"__proto__":{"columns":{"a":1}}},"__proto__":{"polluted":1}}]}',
    );
    const parsed = parseState(state);
    expect(parsed).toMatchObject({ ok: true, details: { schemas: [{ name: 's', tables: [] }] } });
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    expect(parsed.ok && 'polluted' in (parsed.details.schemas[0]?.document ?? {})).toBe(false);
  });

  test('depth is rejected before anything recurses into it', () => {
    const decoded = decodeBeaconBody(Buffer.from(`{"steps":${nestArrays(100_000)}}`));
    expect(decoded).toMatchObject({ ok: false, problem: { detail: 'The body nests deeper than 100.' } });
    expect(decodeBeaconBody(Buffer.from(nestArrays(100))).ok).toBe(true);
    const result: unknown = JSON.parse(`{"type":"job.x","job_ref":"jobs.x","result":${nestArrays(90)}}`);
    expect(parseJobResult(result)).toMatchObject({ ok: false, problem: { code: 'malformed_beacon' } });
  });

  test('a trace is returned without configuration values', () => {
    const body = {
      ...keys,
      steps: ['no'],
      resolved_config_values: [{ key: 'k', value: 's3cret', default_value: 1 }],
    };
    expect(toPipelineRunTrace(body, { transactionId: 't', pipelineName: 'p' })).toEqual({
      ...keys,
      execution_context: {},
      steps: [],
      resolved_config_values: [{ key: 'k' }],
    });
  });

  test('details of any run can be serialized', () => {
    const stored = { ...parse([]), id: 'i', workspaceId: 'w', jobRunId: null, attemptId: null };
    const answer = toDetailedPipelineRun({ ...stored, createdAt: 'c', updatedAt: 'u' });
    expect(answer).toMatchObject({ id: 'i', job_run_id: null, tables: [], load_packages: [], resources: [] });
  });
});
