import type { JobRunRecord } from '../../store/records.ts';
import type { RunOutcome } from '../../domain/runs/run-outcome.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { claimNext } from '../testing/claim-next.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createWorkspaceFixture, defineJob, plainRequirements } from '../testing/workspace-fixture.ts';
import { createReadLogs } from '../logs/read-logs.ts';
import { createReadUsage } from '../workspaces/read-usage.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { eventually } from '../../../../../testing/fixtures/eventually.ts';
import { claimRun, endOpenRuns } from '../../store/postgres/testing/runs.ts';
import { ago } from '../../../../../testing/fixtures/relative-times.ts';
import { setAttempt } from '../../store/postgres/testing/attempts.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  // End the pending runs that a test left, so that later tests do not claim them.
  await endOpenRuns(fixture.database);
  context = await createWorkspaceFixture(fixture);
});

const at = '2026-03-10T10:00:00.000Z';
const completed: RunOutcome = { status: 'completed' };
const failed: RunOutcome = { status: 'failed', failure: { code: 'exit_code', detail: 'It ended with 1.' } };
const lost: RunOutcome = { status: 'failed', failure: { code: 'attempt_lost', detail: 'It is gone.' } };
const timedOut: RunOutcome = { status: 'failed', failure: { code: 'timed_out', detail: 'Too long.' } };
const follower = defineJob('jobs.after', { triggers: ['job.fail:jobs.a', 'job.success:jobs.a'] });

/** Deploys `jobs.a`, and a job that follows it, with this settings table. */
async function deploySettings(toml: string, name = 'config.toml'): Promise<void> {
  await context.uploadDeployment(plainRequirements);
  await context.uploadConfiguration({ [name]: toml });
  await context.deployJobs([defineJob('jobs.a'), follower]);
}

const deployRetries = (retries: string) => deploySettings(`[pumphouse.jobs.a]\nretries = ${retries}\n`);

/** Creates an attempt whose user code has started. */
async function startBegun(run?: JobRunRecord) {
  return context.createAttempt(run ?? (await context.startRun('jobs.a')));
}

/** Creates an attempt that was launched but whose user code has not started. */
async function startUnbegun(run: JobRunRecord): Promise<string> {
  const attempt = await fixture.store.attempts.insert(await claimRun(fixture.database, run.id), 'fake', {
    ...fixture.attemptSecrets.create(run.id).credential,
    limits: { cores: null, memoryBytes: null },
  });
  if (!attempt) throw new Error('The attempt was not made');
  return attempt.id;
}

/** Returns the seconds that the run waits after the end of its attempt, by the database clock. */
async function readWait(jobRunId: string): Promise<number> {
  const { notBefore, updatedAt } = await context.getRun(jobRunId);
  return ((notBefore?.getTime() ?? 0) - updatedAt.getTime()) / 1000;
}

const contents = async (jobRunId: string) => (await context.readLog(jobRunId)).map(({ content }) => content);
const followers = () => context.listRuns('jobs.after');

const exitRecord = (keys: object = {}) => {
  const record = { n: 0, kind: 'exit', at, code: 1, signal: null, reason: null, ...keys };
  return Buffer.from(`${JSON.stringify(record)}\n`);
};

describe('a run with a failed attempt', () => {
  it('fails by default if user code had started', async () => {
    await deploySettings('');
    const { id, run } = await startBegun();
    expect(await fixture.finishRun(run.id, lost, { attemptId: id })).toBe(true);
    expect(await context.getRun(run.id)).toMatchObject({
      status: 'failed',
      notBefore: null,
      waitReason: null,
    });
    expect(await fixture.store.attempts.get(id)).toMatchObject({ failure: { code: 'attempt_lost' } });
    expect(await followers()).toHaveLength(1);
  });

  it('gets two retries by default if user code had not started', async () => {
    await deploySettings('');
    const { id } = await context.startRun('jobs.a');
    for (const seconds of [10, 20]) {
      const attemptId = await startUnbegun(await context.getRun(id));
      await fixture.finishRun(id, lost, { attemptId });
      expect((await context.getRun(id)).status).toBe('pending');
      expect(await readWait(id)).toBe(seconds);
    }
    expect(
      await fixture.finishRun(id, lost, { attemptId: await startUnbegun(await context.getRun(id)) }),
    ).toBe(true);
    expect(await context.getRun(id)).toMatchObject({ status: 'failed', failure: { code: 'attempt_lost' } });
    expect((await contents(id)).map((line) => line.slice(0, 25))).toEqual([
      'Attempt 1 failed (attempt',
      'Attempt 2 failed (attempt',
      'Failed (attempt_lost): It',
    ]);
  });

  it('gets two retries by default if it reports that user code could not start', async () => {
    await deploySettings('');
    const { id, run } = await startBegun();
    const reason = { code: 'sandbox_failed', detail: 'no namespaces' };
    await fixture.recordSpool.record(id, 0, exitRecord({ code: null, reason }));
    expect((await context.getRun(run.id)).status).toBe('pending');
  });

  it.each(['disk_limit', 'local_data_not_stored', 'evicted', 'sandbox_failed'])(
    'fails by default if it reports %s, which ends user code that has loaded rows',
    async (code) => {
      await deploySettings('');
      const { id, run } = await startBegun();
      const started = Buffer.from(`${JSON.stringify({ n: 0, kind: 'started', at })}\n`);
      const exit = exitRecord({ n: 1, code: null, reason: { code, detail: 'after ten rows' } });
      await fixture.recordSpool.record(id, 0, Buffer.concat([started, exit]));
      expect(await context.getRun(run.id)).toMatchObject({ status: 'failed', failure: { code } });
    },
  );

  it('is retried after its code had begun if its job is configured so', async () => {
    await deployRetries('{ count = 1, on = ["failed"] }');
    const { id, run } = await startBegun();
    const started = Buffer.from(`${JSON.stringify({ n: 0, kind: 'started', at })}\n`);
    const exit = exitRecord({ n: 1, code: null, reason: { code: 'disk_limit', detail: 'after ten rows' } });
    await fixture.recordSpool.record(id, 0, Buffer.concat([started, exit]));
    expect((await context.getRun(run.id)).status).toBe('pending');
  });

  it('waits for the retry with its reason and time, and fires no event before its end', async () => {
    await deployRetries('{ count = 2, backoff = "30s" }');
    const { id, run } = await startBegun();
    await context.setRun(run.id, {
      intervalStart: new Date('2026-03-01T00:00:00Z'),
      intervalEnd: new Date('2026-03-02T00:00:00Z'),
    });
    const announce = vi.spyOn(fixture.attemptLog, 'announce');
    expect(await fixture.finishRun(run.id, failed, { attemptId: id })).toBe(true);
    const waiting = await context.getRun(run.id);
    expect(waiting).toMatchObject({
      status: 'pending',
      failure: null,
      finishedAt: null,
      startedAt: run.startedAt,
      waitReason: 'Attempt 1 failed (exit_code); retry 1 of 2 follows.',
    });
    expect(await readWait(run.id)).toBe(30);
    const again = `Retry 1 of 2 starts at ${waiting.notBefore?.toISOString()}.`;
    expect(await contents(run.id)).toEqual([`Attempt 1 failed (exit_code): It ended with 1. ${again}`]);
    expect(await followers()).toEqual([]);
    expect(await context.listEvents(run.id)).toEqual(['job_run.created', 'attempt.closed']);
    expect(announce).toHaveBeenLastCalledWith(run.id, true);

    const second = await startBegun(waiting);
    expect(second.run.startedAt).toEqual(expect.any(Date));
    await fixture.finishRun(run.id, completed, { attemptId: second.id });
    expect(await context.getRun(run.id)).toMatchObject({
      status: 'completed',
      notBefore: null,
      waitReason: null,
    });
    expect(await followers()).toMatchObject([{ trigger: 'job.success:jobs.a' }]);
    expect((await context.getJob('jobs.a')).completedIntervalEnd).toEqual(new Date('2026-03-02T00:00:00Z'));
    expect((await context.listEvents(run.id)).at(-1)).toBe('job_run.finished');
  });

  it('doubles the delay for each retry, and fails with the last one', async () => {
    await deployRetries('{ count = 2, backoff = 40 }');
    let run = await context.startRun('jobs.a');
    for (const seconds of [40, 80]) {
      const attempt = await startBegun(run);
      await fixture.finishRun(run.id, failed, { attemptId: attempt.id });
      expect(await readWait(run.id)).toBe(seconds);
      run = await context.getRun(run.id);
    }
    const { id } = await startBegun(run);
    await fixture.finishRun(run.id, failed, { attemptId: id });
    expect(await context.getRun(run.id)).toMatchObject({ status: 'failed', failure: { code: 'exit_code' } });
    expect(await followers()).toMatchObject([{ trigger: 'job.fail:jobs.a' }]);
    expect((await contents(run.id)).at(-1)).toMatch(/^Failed \(exit_code\): It ended with 1\. /);
  });

  it('uses the settings of its profile, in the configuration that it was created with', async () => {
    await deploySettings('[pumphouse]\nretries = { count = 1 }\n', 'prod.config.toml');
    const prod = await startBegun();
    await context.uploadConfiguration({ 'config.toml': '' });
    await fixture.finishRun(prod.run.id, failed, { attemptId: prod.id });
    expect((await context.getRun(prod.run.id)).status).toBe('pending');
    await fixture.cancelRuns.cancel(context.workspaceId, prod.run.id);
    const later = await startBegun();
    await fixture.finishRun(later.run.id, failed, { attemptId: later.id });
    expect((await context.getRun(later.run.id)).status).toBe('failed');
  });

  it('is not retried if a user cancelled it', async () => {
    await deployRetries('{ count = 2 }');
    const { id, run } = await startBegun();
    await fixture.cancelRuns.cancel(context.workspaceId, run.id);
    await fixture.finishRun(run.id, failed, { attemptId: id });
    expect((await context.getRun(run.id)).status).toBe('failed');
  });

  it('is not retried if a cancel follows its timeout', async () => {
    await deployRetries('{ count = 2 }');
    const { id, run } = await startBegun();
    await context.setRun(run.id, { endIntent: 'timeout' });
    await fixture.cancelRuns.cancel(context.workspaceId, run.id);
    await fixture.recordSpool.record(id, 0, exitRecord({ code: null, signal: 'SIGTERM' }));
    expect(await context.getRun(run.id)).toMatchObject({ status: 'failed', failure: { code: 'timed_out' } });
  });

  it('starts its next attempt without the timeout of the last', async () => {
    await deployRetries('{ count = 1, on = ["timed_out"] }');
    const { id, run } = await startBegun();
    await context.setRun(run.id, { endIntent: 'timeout' });
    await fixture.finishRun(run.id, timedOut, { attemptId: id });
    expect(await context.getRun(run.id)).toMatchObject({ status: 'pending', endIntent: null });
  });

  it('fails at once while it only waits, for instance after a start that never happened', async () => {
    await deployRetries('{ count = 2 }');
    const run = await context.startRun('jobs.a');
    await fixture.store.attempts.ensureOpen(run.id, 'fake');
    expect(await fixture.finishRun(run.id, failed)).toBe(true);
    expect((await context.getRun(run.id)).status).toBe('failed');
  });
});

describe('a run between two attempts', () => {
  beforeEach(() => deployRetries('{ count = 2, backoff = "1h" }'));

  async function startWaiting() {
    const { id, run } = await startBegun();
    await fixture.finishRun(run.id, failed, { attemptId: id });
    return { attemptId: id, run: await context.getRun(run.id) };
  }

  it('is claimed when it is due, not before, and by one server', async () => {
    const { run } = await startWaiting();
    const claim = (owner: string) => claimNext(fixture.store, owner, 30);
    expect(await claim('one')).toBeUndefined();
    await context.setRun(run.id, { notBefore: new Date(Date.now() - 1) });
    const claims = await Promise.all(['one', 'two', 'three'].map(claim));
    expect(claims.filter((one) => one !== undefined)).toEqual([{ jobRunId: run.id, claimNumber: 2 }]);
    expect(await context.getRun(run.id)).toMatchObject({
      status: 'starting',
      notBefore: null,
      waitReason: null,
    });
  });

  it('lets later runs pass', async () => {
    await context.deployJobs([defineJob('jobs.b')]);
    await startWaiting();
    const { id } = await context.startRun('jobs.b');
    expect(await claimNext(fixture.store, 'one', 30)).toMatchObject({ jobRunId: id });
  });

  it('is cancelled at once, and no run follows', async () => {
    const { run } = await startWaiting();
    await fixture.cancelRuns.cancel(context.workspaceId, run.id);
    expect(await context.getRun(run.id)).toMatchObject({
      status: 'cancelled',
      notBefore: null,
      failure: null,
    });
    expect(await followers()).toEqual([]);
  });

  it('counts as active: its job starts no other run', async () => {
    await startWaiting();
    await expect(context.startRun('jobs.a')).rejects.toMatchObject({ code: 'start_declined' });
  });

  it('does not admit a bootstrap of the closed attempt again', async () => {
    const { attemptId, run } = await startWaiting();
    const begin = () =>
      fixture.beginAttempt.begin(attemptId, { claimNumber: run.claimNumber, nonce: 'nonce' });
    await expect(begin()).rejects.toMatchObject({ code: 'claim_lost' });
    await startBegun(run);
    await expect(begin()).rejects.toMatchObject({ code: 'claim_lost' });
  });

  it('has no open attempt until one is requested, and then exactly one', async () => {
    const { run } = await startWaiting();
    expect(await fixture.store.attempts.findOpen(run.id)).toBeUndefined();
    const asked = await Promise.all([1, 2, 3].map(() => fixture.store.attempts.ensureOpen(run.id, 'fake')));
    expect(asked).toMatchObject([1, 2, 3].map(() => ({ number: 2, closedAt: null })));
    await fixture.cancelRuns.cancel(context.workspaceId, run.id);
    expect(await fixture.store.attempts.ensureOpen(run.id, 'fake')).toBeUndefined();
  });
});

describe('the end of an attempt', () => {
  beforeEach(() => deployRetries('{ count = 3, backoff = "1h" }'));

  it('is handled once, however many servers observe it', async () => {
    const { id, run } = await startBegun();
    const seen = Array.from({ length: 6 }, () => fixture.finishRun(run.id, failed, { attemptId: id }));
    const chunks = Array.from({ length: 6 }, () => fixture.recordSpool.record(id, 0, exitRecord()));
    const answers = await Promise.all([...seen, ...chunks]);
    expect(answers.filter((answer) => answer === true).length).toBeLessThanOrEqual(1);
    expect(await context.getRun(run.id)).toMatchObject({ status: 'pending', claimNumber: 1 });
    expect(await contents(run.id)).toHaveLength(1);
    expect(await context.listEvents(run.id)).toEqual(['job_run.created', 'attempt.closed']);
  });

  it('that is repeated or late does not affect the next attempt', async () => {
    const first = await startBegun();
    await fixture.recordSpool.record(first.id, 0, exitRecord());
    const second = await startBegun(await context.getRun(first.run.id));
    const before = await context.getRun(first.run.id);
    await fixture.recordSpool.record(first.id, 0, exitRecord());
    await fixture.recordSpool.record(first.id, exitRecord().length, exitRecord({ code: 0 }));
    await fixture.recordSpool.finishIfExited(first.id);
    expect(await fixture.finishRun(first.run.id, failed, { attemptId: first.id })).toBe(false);
    expect(await context.getRun(first.run.id)).toEqual(before);
    await fixture.recordSpool.record(second.id, 0, exitRecord({ code: 0 }));
    expect((await context.getRun(first.run.id)).status).toBe('completed');
    expect(await contents(first.run.id)).toHaveLength(1);
  });

  it('without an exit record is completed by a late one, which changes nothing else', async () => {
    const first = await startBegun();
    await fixture.finishRun(first.run.id, lost, { attemptId: first.id });
    await fixture.recordSpool.record(first.id, 0, exitRecord({ code: 0, peak_memory_bytes: 4096 }));
    expect(await fixture.store.attempts.get(first.id)).toMatchObject({
      exit: { code: 0, peakMemoryBytes: 4096 },
      failure: { code: 'attempt_lost' },
      finishedAt: new Date(at),
    });
    expect((await context.getRun(first.run.id)).status).toBe('pending');
    expect(await contents(first.run.id)).toHaveLength(1);
  });

  it.each(['between-exit-and-finish', 'in-finish-before-commit', 'after-finish-commit'] as const)(
    'is handled once after a crash %s',
    async (moment) => {
      const { id, run } = await startBegun();
      fixture.setFault(moment, () => {
        throw new Error('crash');
      });
      await expect(fixture.recordSpool.record(id, 0, exitRecord())).rejects.toThrow('crash');
      const isCommitted = moment === 'after-finish-commit';
      expect((await context.getRun(run.id)).status).toBe(isCommitted ? 'pending' : 'running');
      fixture.setFault(moment, () => undefined);
      for (let count = 0; count < 2; count += 1) await fixture.recordSpool.record(id, 0, exitRecord());
      expect((await context.getRun(run.id)).status).toBe('pending');
      expect(await contents(run.id)).toHaveLength(1);
      expect(await context.listEvents(run.id)).toEqual(['job_run.created', 'attempt.closed']);
    },
  );

  it('keeps the details of each attempt', async () => {
    const first = await startBegun();
    const memory = { code: null, signal: 'SIGKILL', out_of_memory: 'limit', peak_memory_bytes: 1000 };
    await fixture.recordSpool.record(first.id, 0, exitRecord(memory));
    const second = await startBegun(await context.getRun(first.run.id));
    await fixture.recordSpool.record(second.id, 0, exitRecord({ code: 0, peak_memory_bytes: 2000 }));
    expect(await fixture.store.attempts.listOfRun(first.run.id)).toMatchObject([
      {
        number: 1,
        exit: { signal: 'SIGKILL', outOfMemory: 'limit', peakMemoryBytes: 1000 },
        failure: { code: 'out_of_memory' },
      },
      { number: 2, exit: { code: 0, outOfMemory: null, peakMemoryBytes: 2000 }, failure: null },
    ]);
  });
});

describe('the minutes of a run', () => {
  const readUsage = () => createReadUsage(fixture.persistence)({ workspaceId: context.workspaceId }, {});

  it('are the time of its attempts, without the waits between them', async () => {
    await deployRetries('{ count = 3, backoff = "1h" }');
    const first = await startBegun();
    await fixture.finishRun(first.run.id, failed, { attemptId: first.id });
    // It ran for a minute, and has been waiting for 50.
    const startedAt = ago({ minutes: 51 });
    await setAttempt(fixture.database, first.id, { begunAt: startedAt, closedAt: ago({ minutes: 50 }) });
    await context.setRun(first.run.id, { startedAt });
    expect((await readUsage()).month.usedSeconds).toBeCloseTo(60, 0);
    const second = await startBegun(await context.getRun(first.run.id));
    await context.setRun(first.run.id, { startedAt });
    await fixture.finishRun(first.run.id, completed, { attemptId: second.id });
    const { total } = await readUsage();
    expect(total.completedCount).toBe(1);
    expect(total.runMs).toBeGreaterThanOrEqual(60_000);
    expect(total.runMs).toBeLessThan(10 * 60_000);
  });
});

describe('the log of a retried run', () => {
  it('is the logs of its attempts in order, numbered consecutively, on a stream that ends with the run', async () => {
    await deployRetries('{ count = 2, backoff = 0 }');
    const readLogs = createReadLogs(fixture);
    const say = (text: string) =>
      Buffer.from(`${JSON.stringify({ n: 0, kind: 'log', at, io: 'stdout', text })}\n`);
    let run = await context.startRun('jobs.a');
    const streamed: { line_num: number; content: string }[] = [];
    const following = new AbortController();
    onTestFinished(() => following.abort());
    const events = await readLogs.follow(context.workspaceId, run.id, { signal: following.signal });
    let isOpen = true;
    const reading = (async () => {
      for await (const event of events) {
        if (event.kind !== 'lines') continue;
        const texts = Buffer.from(event.ndjson).toString().trimEnd().split('\n');
        streamed.push(...texts.map((text) => JSON.parse(text) as { line_num: number; content: string }));
      }
      isOpen = false;
    })();
    for (const [index, code] of [1, 1, 0].entries()) {
      const { id } = await startBegun(run);
      await fixture.recordSpool.record(id, 0, Buffer.concat([say(`try ${index + 1}`), exitRecord({ code })]));
      await eventually(`try ${index + 1} is streamed`, () =>
        streamed.some(({ content }) => content === `try ${index + 1}`),
      );
      run = await context.getRun(run.id);
      if (code === 1) expect({ status: run.status, isOpen }).toEqual({ status: 'pending', isOpen: true });
    }
    await reading;
    const again = (number: number) =>
      expect.stringMatching(
        `^Pumphouse: Attempt ${number} failed .* Retry ${number} of 2 starts at `,
      ) as string;
    const lines = ['try 1', again(1), 'try 2', again(2), 'try 3'];
    const expected = lines.map((content, number) => ({ line_num: number, content }));
    expect(streamed).toMatchObject(expected);
    const stored = await Array.fromAsync(await readLogs.read(context.workspaceId, run.id));
    const read = Buffer.concat(stored).toString().trimEnd().split('\n');
    expect(read.map((text) => JSON.parse(text) as unknown)).toEqual(streamed);
  });
});
