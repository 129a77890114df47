import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createFileTransport } from './file-transport.ts';
import { eventOf } from './lineage-event.ts';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'pumphouse-lineage-'))));
afterAll(() => rm(folder, { recursive: true }));

const eventAt = (eventTime: string) =>
  eventOf({
    eventType: 'START',
    eventTime,
    run: { runId: '019400ab-0000-7000-8000-000000000001', facets: {} },
    job: { namespace: 'pumphouse/1', name: 'two\nlines', facets: {} },
    outputs: [],
  });
const readTimes = async (path: string) =>
  (await readFile(path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { eventTime: string }).eventTime);

it('appends an event as a line, also after the file was rotated', async () => {
  const path = join(folder, 'lineage.jsonl');
  const send = createFileTransport(path);
  await send(eventAt('2026-01-01T00:00:00.000Z'));
  await send(eventAt('2026-01-02T00:00:00.000Z'));
  await rename(path, `${path}.1`);
  await send(eventAt('2026-01-03T00:00:00.000Z'));
  expect(await readTimes(`${path}.1`)).toEqual(['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z']);
  expect(await readTimes(path)).toEqual(['2026-01-03T00:00:00.000Z']);
});
