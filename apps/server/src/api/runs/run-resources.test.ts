import { afterAll, beforeAll, expect, it } from 'vitest';
import { createServiceFixture, type ServiceFixture } from '../../services/testing/service-fixture.ts';
import {
  createWorkspaceFixture,
  defineJob,
  type WorkspaceFixture,
} from '../../services/testing/workspace-fixture.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
  context = await createWorkspaceFixture(fixture);
  await context.deployAll([defineJob('jobs.a'), defineJob('jobs.b')]);
});
afterAll(() => fixture.close());

const timeline = {
  kind: 'usage',
  seconds: 1,
  memory: [10, 20],
  cpu: [500_000, 1_000_000],
  disk: [0, 4096],
  peak_memory: 20,
  peak_disk: 4096,
};

/** Sends records as the bootstrap of an attempt would. */
async function send(attemptId: string, records: readonly object[]): Promise<void> {
  const attempt = await fixture.store.attempts.get(attemptId);
  const at = new Date().toISOString();
  const lines = records.map((record) => `${JSON.stringify({ n: 0, at, ...record })}\n`);
  await fixture.recordSpool.record(attemptId, attempt?.spoolOffset ?? 0, Buffer.from(lines.join('')));
}

it('are what the last timeline of each attempt says', async () => {
  const { id, run } = await context.createAttempt(await context.startRun('jobs.a'));
  const read = () => fixture.readRunResources(run.workspaceId, run.id);
  expect((await read()).attempts).toEqual([]);
  await send(id, [timeline]);
  await send(id, [{ ...timeline, memory: [10, 20, 30], cpu: [0, 0, 0], disk: [0, 0, 0], peak_memory: 30 }]);
  expect(await read()).toMatchObject({
    instanceSize: 'small',
    limits: { memoryBytes: 4096 * 1024 * 1024 },
    attempts: [{ number: 1, usage: { memoryBytes: [10, 20, 30], peakMemoryBytes: 30, secondsPerPoint: 1 } }],
  });
  await expect(fixture.readRunResources(run.workspaceId, id)).rejects.toMatchObject({ code: 'not_found' });
});

it.each<[string, object]>([
  ['too many points', { memory: Array(201).fill(1), cpu: Array(201).fill(1), disk: Array(201).fill(1) }],
  ['lists of different lengths', { cpu: [1] }],
  ['texts', { memory: ['a', 'b'] }],
  ['negative numbers', { disk: [-1, 0] }],
  ['numbers that are none', { peak_memory: 1e300 }],
  ['points without length', { seconds: 0 }],
])('ignore a timeline with %s, which is noted in the log', async (_, changed) => {
  const { id, run } = await context.createAttempt(await context.startRun('jobs.b'));
  await send(id, [timeline, { ...timeline, ...changed }]);
  const { attempts } = await fixture.readRunResources(run.workspaceId, run.id);
  expect(attempts[0]?.usage.memoryBytes).toEqual([10, 20]);
  expect((await fixture.store.attempts.get(id))?.logLines).toBe(1);
  await context.complete(run);
});

it('tell when code last printed a line, and count runs that are silent', async () => {
  const { id, run } = await context.createAttempt(await context.startRun('jobs.b'));
  await context.setRun(run.id, { status: 'running' });
  const countSilent = async () => (await fixture.readLoad()).silent;
  const before = await countSilent();
  await send(id, [{ kind: 'started' }, { kind: 'note', text: 'a note of the bootstrap' }]);
  expect((await fixture.store.attempts.get(id))?.lastOutputAt).toBeNull();
  await fixture.database.execute(
    `update attempts set started_at = now() - interval '11 minutes' where id = $1`,
    [id],
  );
  expect(await countSilent()).toBe(before + 1);
  await send(id, [{ kind: 'log', io: 'stdout', text: 'still here' }]);
  expect((await fixture.store.attempts.get(id))?.lastOutputAt).toBeInstanceOf(Date);
  expect(await countSilent()).toBe(before);
});
