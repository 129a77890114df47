import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createWorkspaceFixture, defineJob, plainRequirements } from '../testing/workspace-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import type { RunColumns } from '../../store/postgres/testing/runs.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createWorkspaceFixture(fixture);
  await context.uploadDeployment(plainRequirements);
  await context.uploadConfiguration({
    'config.toml': '[pumphouse.jobs.retried]\nretries = { count = 1 }\n',
  });
  await context.deployJobs([defineJob('jobs.a'), defineJob('jobs.retried')]);
});

const at = '2026-03-10T10:00:00.000Z';

function recordsOf(message: string, exit: object = {}): object[] {
  const text = `Traceback (most recent call last):\n  File "/work/W/a.py", line 3, in <module>\nValueError: ${message}`;
  const lines = text.split('\n').map((line) => ({ kind: 'log', at, io: 'stderr', text: line }));
  return [...lines, { kind: 'exit', at, code: 1, signal: null, reason: null, ...exit }];
}

const encode = (records: object[]) =>
  Buffer.from(records.map((record, n) => `${JSON.stringify({ n, ...record })}\n`).join(''));

const send = (attemptId: string, records: object[]) =>
  fixture.recordSpool.record(attemptId, 0, encode(records));

it('is stored with the end of the run, and with its attempt', async () => {
  const { id, run } = await context.createAttempt(await context.startRun('jobs.a'));
  await send(id, recordsOf('no price'));
  const { reason } = await context.getRun(run.id);
  expect(reason).toMatchObject({
    kind: 'exception',
    summary: 'ValueError: no price',
    location: { file: 'a.py', line: 3, function: '<module>' },
  });
  expect((await fixture.store.attempts.get(id))?.reason).toEqual(reason);
});

it('is stored only with the attempt while a retry follows, and finally with the run as well', async () => {
  const first = await context.createAttempt(await context.startRun('jobs.retried'));
  await send(first.id, recordsOf('first'));
  expect(await context.getRun(first.run.id)).toMatchObject({ status: 'pending', reason: null });
  const second = await context.createAttempt(first.run);
  await send(second.id, recordsOf('second'));
  expect((await context.getRun(first.run.id)).reason?.summary).toBe('ValueError: second');
  const attempts = await fixture.store.attempts.listOfRun(first.run.id);
  expect(attempts.map(({ reason }) => reason?.summary)).toEqual(['ValueError: first', 'ValueError: second']);
});

it.each<[string, object, RunColumns | null]>([
  ['killed', { code: null, signal: 'SIGSEGV' }, null],
  ['out_of_memory', { code: null, signal: 'SIGKILL', out_of_memory: 'limit' }, null],
  ['timed_out', {}, { endIntent: 'timeout', status: 'cancelling' }],
])('is what was observed from outside, whatever a traceback says: %s', async (code, exit, columns) => {
  const { id, run } = await context.createAttempt(await context.startRun('jobs.a'));
  if (columns) await context.setRun(run.id, columns);
  await send(id, recordsOf('while it was stopped', exit));
  expect(await context.getRun(run.id)).toMatchObject({ status: 'failed', failure: { code }, reason: null });
});

it('is null for a completed or cancelled run', async () => {
  const { id, run } = await context.createAttempt(await context.startRun('jobs.a'));
  await context.setRun(run.id, { endIntent: 'cancel', status: 'cancelling' });
  await send(id, recordsOf('while it was stopped'));
  expect(await context.getRun(run.id)).toMatchObject({ status: 'cancelled', reason: null });
});

it('is derived when the end is reported again after a crash in between', async () => {
  const { id, run } = await context.createAttempt(await context.startRun('jobs.a'));
  fixture.setFault('between-exit-and-finish', () => {
    throw new Error('crash');
  });
  await expect(send(id, recordsOf('no price'))).rejects.toThrow('crash');
  fixture.setFault('between-exit-and-finish', () => undefined);
  await send(id, recordsOf('no price'));
  expect((await context.getRun(run.id)).reason?.summary).toBe('ValueError: no price');
});

it('does not prevent the end of a run whose log cannot be read', async () => {
  const { id, run } = await context.createAttempt(await context.startRun('jobs.a'));
  const [exit, ...lines] = recordsOf('no price').toReversed();
  await send(id, lines.toReversed());
  const { logBytes, spoolOffset } = (await fixture.store.attempts.get(id)) ?? { logBytes: 0, spoolOffset: 0 };
  await writeFile(
    join(fixture.folder, 'logs', id.slice(-2), `${id}.ndjson`),
    `${'x'.repeat(logBytes - 1)}\n`,
  );
  await fixture.recordSpool.record(id, spoolOffset, encode([exit ?? {}]));
  expect(await context.getRun(run.id)).toMatchObject({
    status: 'failed',
    failure: { code: 'exit_code' },
    reason: null,
  });
});
