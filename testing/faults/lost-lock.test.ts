import type { ServiceFixture } from '@pumphouse/server/services/testing/service-fixture.ts';
import type { WorkspaceFixture } from '@pumphouse/server/services/testing/workspace-fixture.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createServiceFixture } from '@pumphouse/server/services/testing/service-fixture.ts';
import { createWorkspaceFixture, defineJob } from '@pumphouse/server/services/testing/workspace-fixture.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
  context = await createWorkspaceFixture(fixture);
  await context.deployAll([defineJob('jobs.a'), defineJob('jobs.b')]);
});
afterAll(() => fixture.close());

const at = '2026-11-24T10:00:00.123456Z';
const line = (text: string) => ({ kind: 'log', at, io: 'stdout', text });
const encode = (records: object[]) =>
  Buffer.from(records.map((record) => `${JSON.stringify({ n: 0, ...record })}\n`).join(''));

/** Simulates how Postgres ends a session that is idle inside a transaction for too long. */
async function endIdleTransactions(): Promise<void> {
  const ended = await fixture.database.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and state = 'idle in transaction'`,
  );
  expect(ended).toHaveLength(1);
}

it('a server that lost its lock while suspended truncates nothing that another server has appended to the log since', async () => {
  const { id, run } = await context.createAttempt(await context.startRun('jobs.a'));
  const early = [{ kind: 'beacon', at, type: 'state', body: '{}' }, line('one')];
  const all = [...early, line('two'), line('three')];
  let isFirst = true;
  fixture.setFault('beacon-received', async () => {
    if (!isFirst) return;
    isFirst = false;
    await endIdleTransactions();
    await fixture.recordSpool.record(id, 0, encode(all));
  });
  await expect(fixture.recordSpool.record(id, 0, encode(early))).rejects.toThrow();
  expect((await context.readLog(run.id)).map(({ content }) => content)).toEqual(['one', 'two', 'three']);
});

it('a server ends no run that another one has taken over', async () => {
  const { run } = await context.createAttempt(await context.startRun('jobs.b'));
  const readRun = () => fixture.store.jobRuns.find(run.id);
  const claimNumber = (await readRun())?.claimNumber ?? 0;
  const outcome = { status: 'failed', failure: { code: 'attempt_lost', detail: '' } } as const;
  expect(await fixture.finishRun(run.id, outcome, { claimNumber: claimNumber - 1 })).toBe(false);
  expect((await readRun())?.finishedAt).toBeNull();
  expect(await fixture.finishRun(run.id, outcome, { claimNumber })).toBe(true);
});
