import type { RunState } from '@pumphouse/contract';
import type { ServiceFixture } from '../services/testing/service-fixture.ts';
import type { WorkspaceFixture } from '../services/testing/workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createBootstrappedExecutor, type BootstrappedExecutor } from './testing/supervisor-fixture.ts';
import { createWorkspaceFixture, defineJob } from '../services/testing/workspace-fixture.ts';
import { createServiceFixture } from '../services/testing/service-fixture.ts';
import { eventually } from '../../../../testing/fixtures/eventually.ts';
import { useServers } from './testing/use-servers.ts';
import { listEvents, removeEvents } from '../store/postgres/testing/outbox.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createWorkspaceFixture(fixture);
  await removeEvents(fixture.database);
});

const startServer = useServers(() => fixture);
const unlimited = { execute: { concurrency: null } };
const atOnce = { markAfterSeconds: 0, endAfterSeconds: 0 };
const never = { markAfterSeconds: 0, endAfterSeconds: 1e6 };
const hiddenText = 'This server cannot reach the attempt.';

const awaitStatus = (jobRunId: string, status: RunState) =>
  eventually(`run ${jobRunId} is ${status}`, async () => {
    const run = await context.getRun(jobRunId);
    return run.status === status && run;
  });

const awaitUnknown = (jobRunId: string) =>
  eventually(
    `run ${jobRunId} is unknown`,
    async () => (await context.getRun(jobRunId)).unknownSince !== null,
  );

const readMessages = async (jobRunId: string) =>
  (await context.readLog(jobRunId)).map(({ content }) => content).join('\n');

/** A run that has begun and that its server can no longer see. */
async function startHidden(executor: BootstrappedExecutor, jobRef = 'jobs.a') {
  const { id } = await context.startRun(jobRef);
  const spec = await executor.awaitBegin(id);
  executor.fake.hide(spec.attemptId);
  await awaitUnknown(id);
  return { id, spec };
}

/** Counts how often an executor inspects its attempts. */
function countInspections(executor: BootstrappedExecutor) {
  let count = 0;
  const counted: BootstrappedExecutor = {
    ...executor,
    inspect(handle) {
      count += 1;
      return executor.inspect(handle);
    },
  };
  const awaitMore = async (more: number) => {
    const wanted = count + more;
    await eventually(`${more} more looks at attempts`, () => count >= wanted);
  };
  return { counted, awaitMore };
}

/** A server with one slot and a hidden run. */
async function serveHidden(unknownLimits: typeof never) {
  await context.deployAll([defineJob('jobs.a', unlimited)]);
  const executor = createBootstrappedExecutor(fixture);
  const { counted, awaitMore } = countInspections(executor);
  await startServer({ executor: counted, maxActiveRuns: 1, unknownLimits });
  return { executor, awaitMore, ...(await startHidden(executor)) };
}

describe('an unknown run', () => {
  it('takes no slot, and says so', async () => {
    const { id, executor } = await serveHidden(never);
    const other = await context.startRun('jobs.a');
    executor.finish(await executor.awaitBegin(other.id));
    await awaitStatus(other.id, 'completed');
    expect(await context.getRun(id)).toMatchObject({ status: 'running', unknownDetail: hiddenText });
    expect(await readMessages(id)).toContain(`The server can no longer reach the run: ${hiddenText}`);
    expect(await fixture.store.unknownRuns.count()).toBe(1);
    expect(await fixture.store.claims.countActive(false)).toEqual([]);
  });

  it('takes no slot of its organization either', async () => {
    await serveHidden(never);
    const { activeRunCount } = await fixture.store.usage.monthSoFar({
      organizationId: context.organizationId,
    });
    expect(activeRunCount).toBe(0);
  });

  it('continues when it becomes visible again', async () => {
    const { id, spec, executor } = await serveHidden(never);
    executor.fake.hide(spec.attemptId, false);
    await eventually('it is seen again', async () => (await context.getRun(id)).unknownSince === null);
    expect(await fixture.store.claims.countActive(false)).toMatchObject([{ count: 1 }]);
    executor.finish(spec);
    await awaitStatus(id, 'completed');
    expect(await readMessages(id)).toContain('The server can reach the run again.');
  });

  it('stays unknown while its end is not requested', async () => {
    const { id, awaitMore } = await serveHidden(atOnce);
    // A decision is complete before the next check.
    await awaitMore(3);
    expect((await context.getRun(id)).status).toBe('running');
  });
});

describe('an unknown run whose end is requested', () => {
  const intents: [string, (id: string) => Promise<unknown>][] = [
    ['cancel', (id) => fixture.cancelRuns.cancel(context.workspaceId, id)],
    ['timeout', (id) => context.setRun(id, { endIntent: 'timeout', updatedAt: new Date() })],
    ['archived job', () => context.setJob('jobs.a', { isArchived: true })],
    ['archived workspace', () => context.archiveWorkspace()],
  ];

  it.each(intents)('ends as lost: %s', async (_name, intend) => {
    const { id, spec, executor } = await serveHidden(atOnce);
    await intend(id);
    const run = await awaitStatus(id, 'failed');
    expect(run.failure?.code).toBe('attempt_unknown');
    expect(run.failure?.detail).toContain(hiddenText);
    const { attemptId } = spec;
    // An attempt that could not be seen was not asked to stop.
    expect(executor.fake.stopped).toEqual([]);
    await eventually('its event has ended', async () => {
      const events = await listEvents(fixture.database);
      return !events.some((kind) => kind.endsWith('finished'));
    });
    expect(await fixture.store.attempts.get(attemptId)).toMatchObject({ logSealed: true });
    expect(await readMessages(id)).toContain('attempt_unknown');
    await expect(executor.begin(spec)).rejects.toMatchObject({ code: 'claim_lost' });
  });

  it('waits for the end of its time limit', async () => {
    const { id, awaitMore } = await serveHidden(never);
    await fixture.cancelRuns.cancel(context.workspaceId, id);
    await awaitMore(3);
    expect((await context.getRun(id)).status).toBe('cancelling');
  });

  it('is not retried, whatever its job allows', async () => {
    await context.deployAll([defineJob('jobs.a')]);
    await context.uploadConfiguration({
      'config.toml': '[pumphouse]\nretries = { count = 3, backoff = 0 }\n',
    });
    const executor = createBootstrappedExecutor(fixture);
    await startServer({ executor, unknownLimits: atOnce });
    const { id } = await startHidden(executor);
    await fixture.cancelRuns.cancel(context.workspaceId, id);
    await awaitStatus(id, 'failed');
    expect(executor.fake.started).toHaveLength(1);
  });
});

describe('the bootstrap of a run that was ended as lost', () => {
  it('is rejected, and ends user code', async () => {
    const { id, spec } = await serveHidden(atOnce);
    const line = Buffer.from('{"n":0,"kind":"note","at":"2026-11-24T10:00:00.000000Z","text":"here"}\n');
    const { offset } = await fixture.recordSpool.take(spec.attemptId, 0, line);
    expect(offset).toBe(line.length);
    await fixture.endUnknownRun.force(id);
    await expect(fixture.recordSpool.take(spec.attemptId, offset, line)).rejects.toMatchObject({
      code: 'attempt_closed',
    });
  });
});

describe('a run that its server cannot see', () => {
  it('is taken over by a server that can, once', async () => {
    await context.deployAll([defineJob('jobs.a')]);
    const executor = createBootstrappedExecutor(fixture);
    const first = await startServer({ executor, unknownLimits: never });
    const { id } = await context.startRun('jobs.a');
    const spec = await executor.awaitBegin(id);
    await first.stop();
    // Each fake executor sees only its own attempts: the second server's does not see the first one's.
    await context.setRun(id, { leaseExpiresAt: new Date() });
    await startServer({ executor: createBootstrappedExecutor(fixture), unknownLimits: never });
    await awaitUnknown(id);
    expect((await context.getRun(id)).claimNumber).toBe(2);
    await startServer({ executor, unknownLimits: never });
    await eventually('it is seen', async () => (await context.getRun(id)).unknownSince === null);
    expect((await context.getRun(id)).claimNumber).toBe(3);
    executor.finish(spec);
    await awaitStatus(id, 'completed');
  });
});

describe('ending a run by force', () => {
  it('is rejected while its server sees it', async () => {
    await context.deployAll([defineJob('jobs.a')]);
    const executor = createBootstrappedExecutor(fixture);
    await startServer({ executor });
    const { id } = await context.startRun('jobs.a');
    const spec = await executor.awaitBegin(id);
    await expect(fixture.endUnknownRun.force(id)).rejects.toMatchObject({ code: 'run_not_unknown' });
    executor.finish(spec);
    await awaitStatus(id, 'completed');
    await expect(fixture.endUnknownRun.force(id)).rejects.toMatchObject({ code: 'run_finished' });
    await expect(fixture.endUnknownRun.force('x')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('frees its job at once', async () => {
    await context.deployAll([defineJob('jobs.a')]);
    const executor = createBootstrappedExecutor(fixture);
    await startServer({ executor, unknownLimits: never });
    const { id } = await startHidden(executor);
    await fixture.endUnknownRun.forceOf(context.workspaceId, id);
    expect(await context.getRun(id)).toMatchObject({
      status: 'failed',
      failure: { code: 'attempt_unknown' },
    });
    const next = await context.startRun('jobs.a');
    executor.finish(await executor.awaitBegin(next.id));
    await awaitStatus(next.id, 'completed');
  });
});
