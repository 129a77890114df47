import type { DetailedJobRunResponse } from '@pumphouse/contract';
import { isTerminalRunState } from '@pumphouse/contract';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinLines } from '../fixtures/api-workspace.ts';
import { createClientWorkspace, type ClientWorkspace } from '../fixtures/client-workspace.ts';
import { defineScriptJob } from '../fixtures/deploy-workspace.ts';
import { prepareDltClient } from '../fixtures/dlt-client.ts';
import { eventually } from '../fixtures/eventually.ts';
import { repositoryFolder, startTestServer, type TestServer } from '../fixtures/server.ts';

// The tests of this file are one sequence on one server, by the machine's clock: each continues from the
// previous ones.

const periodMs = 5000;
const dayMs = 24 * 3600 * 1000;
const refused = { expectedCode: 255 };
const ref = (name: string) => `jobs.__deployment__.${name}`;

/** A few ticks before the deploy, for the first run to catch up with. */
const meterStart = lastTickAt(Date.now()) - 4 * periodMs;
const today = Math.floor(Date.now() / dayMs) * dayMs;
const backfill = [today - 3 * dayMs, today - dayMs].map(toIso);

let server: TestServer;
let parentFolder: string;
let workspace: ClientWorkspace;

beforeAll(async () => {
  const install = await prepareDltClient();
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-scheduling-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn' });
  const module = join(repositoryFolder, 'testing/e2e/scheduling/__deployment__.py');
  workspace = await createClientWorkspace(
    { install, server, parentFolder, name: 'clockwork' },
    {
      '__deployment__.py': await readFile(module, 'utf8'),
      'moments.py': [
        `METER_START = "${toIso(meterStart)}"`,
        `BACKFILL_START = "${backfill[0]}"`,
        `BACKFILL_END = "${backfill[1]}"`,
        '',
      ].join('\n'),
    },
  );
  await workspace.dlthub(['deploy']);
});

afterAll(async () => {
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

describe('after a deploy', () => {
  it('a cron with seconds starts its job automatically, from the declared start on', async () => {
    const run = await awaitCompleted('meter', () => true);
    expect(run).toMatchObject({
      number: 1,
      trigger: 'schedule:* * * * * */5',
      triggered_by: null,
      interval_start: toIso(meterStart),
    });
    expect(endOf(run)).toBeGreaterThanOrEqual(meterStart + 4 * periodMs);
    expect(endOf(run) % periodMs).toBe(0);
    await expectExactRows(run);
  });

  it('a past time starts its job once', async () => {
    const [run] = await listEnded('launch', 1);
    const moment = toIso(Date.parse('2026-01-01T06:00:00Z'));
    expect(run).toMatchObject({
      status: 'completed',
      trigger: 'once:2026-01-01T06:00:00Z',
      triggered_by: null,
      interval_start: moment,
      interval_end: moment,
    });
    expect((await workspace.api.findJob(ref('launch'))).next_scheduled_run_at).toBeNull();
  });

  it('ticks that find their job running are recorded as one skipped run', async () => {
    const [running, skipped] = await eventually('a tick is skipped', async () => {
      const runs = await workspace.api.listRuns(ref('nap'));
      return runs.length > 1 && runs;
    });
    await workspace.api.awaitLine(running?.id ?? '', 'asleep');
    expect(await workspace.api.listRuns(ref('nap'))).toHaveLength(2);
    expect(skipped).toMatchObject({ number: 2, status: 'skipped', profile: 'idle', started_at: null });
    expect(await readSkip(skipped)).toMatchObject({
      status: 'skipped_concurrency_limit',
      reasons: ['1 of 1 allowed runs of this job are active'],
    });
  });
});

describe('dlthub job pause', () => {
  it('stops the clock, and records its ticks as one skipped run', async () => {
    const output = await workspace.dlthub(['job', 'pause', 'meter', 'nap']);
    for (const name of ['meter', 'nap'])
      expect(output).toContain(`Scheduled runs for job \`${ref(name)}\` are paused`);
    await awaitQuiet('meter');
    const skipped = await eventually('a tick is held off', async () => {
      const newest = (await workspace.api.listRuns(ref('meter'))).at(-1);
      return newest && (await readSkip(newest))?.status === 'skipped_paused' && newest;
    });
    const job = await workspace.api.findJob(ref('meter'));
    expect(job.is_paused).toBe(true);
    // As in dlt: the clock continues, and the client does not show it.
    expect(Date.parse(job.next_scheduled_run_at ?? '')).toBeGreaterThan(Date.parse(skipped.created_at));
    expect(await workspace.dlthub(['job', 'info', 'meter'])).toMatch(/Next run +paused/);
  });
});

describe('dlthub job runs', () => {
  it('shows skipped runs', async () => {
    const listed = await workspace.dlthub(['job', 'runs', 'list', 'nap']);
    expect(listed).toMatch(/nap +1 +running/);
    expect(listed).toMatch(/nap +2 +skipped +schedule:\* \* \* \* \* \*\/5 +idle/);
    expect(await workspace.dlthub(['job', 'runs', 'info', 'nap', '2'])).toMatch(/Status +skipped/);
    const log = await workspace.dlthub(['job', 'logs', 'nap', '2', '-f']);
    expect(log).toContain(
      'Nothing was started (skipped_concurrency_limit): 1 of 1 allowed runs of this job are active.',
    );
  });

  it('are a single one if the caller asks for a run only when none is active', async () => {
    const [running] = await workspace.api.listRuns(ref('nap'));
    expect(await createRun('nap', { mode: 'when_not_running' })).toMatchObject({ id: running?.id });
    await expect(createRun('nap')).rejects.toMatchObject({
      status: 409,
      code: 'start_declined',
      extra: { reasons: ['1 of 1 allowed runs of this job are active'] },
    });
  });
});

describe('dlthub deploy', () => {
  const script = (trigger: string) =>
    `from dlt.hub.run import job\n\n\n@job(trigger="${trigger}")\ndef never():\n    pass\n`;

  it.each([
    ['that the client knows to be wrong', 'schedule:@reboot', 'invalid cron expression'],
    ['that only the server knows to be wrong', '0 0 31 2 *', 'it never occurs'],
  ])('rejects a trigger %s, with the reason', async (_, trigger, reason) => {
    await workspace.write({ 'never.py': script(trigger) });
    const output = await workspace.dlthub(['deploy', '--deployment', 'never.py'], refused);
    expect(output).toContain(trigger);
    expect(output).toContain(reason);
  });

  it.each([
    [['schedule:@reboot'], "Invalid trigger 'schedule:@reboot': invalid cron expression"],
    [['schedule:H * * * *'], "Invalid trigger 'schedule:H * * * *': invalid cron expression"],
    [['every:30s'], "Invalid trigger 'every:30s': minimum period is 1 minute"],
    [['schedule:0 6 * * *', 'every:1h'], 'only one schedule or every trigger is allowed'],
  ])('is rejected through the API too, with %j', async (triggers, reason) => {
    const deploy = server.client.call('deploy_workspace', {
      params: { workspace_id: workspace.api.id },
      body: {
        job_definition_engine_version: 2,
        job_definition_hash: 'x',
        jobs: [defineScriptJob('never', triggers)],
        deployment_module: 'never',
      },
    });
    await expect(deploy).rejects.toMatchObject({
      status: 400,
      code: 'invalid_job_definition',
      message: expect.stringContaining(reason),
    });
  });
});

describe('dlthub job trigger', () => {
  const selectors = ['tag:chain', 'schedule:*'];
  const chain = ['extract', 'broken'];

  it('shows why a job cannot start, and leaves no run', async () => {
    const output = await workspace.dlthub(['job', 'trigger', 'report']);
    expect(output).toContain('upstream freshness checks failing');
    expect(output).toContain(`upstream ${ref('orders')} didn't process any intervals yet`);
    expect(output).toContain('0 job(s) triggered, 1 skipped');
    expect(await workspace.api.listRuns(ref('report'))).toEqual([]);
  });

  it('shows in a dry run what it would start, and starts nothing', async () => {
    const output = await workspace.dlthub(['job', 'trigger', ...selectors, '--dry-run']);
    expectTriggered(output, '[DRY RUN] ');
    for (const name of [...chain, 'orders', 'report', 'backfill'])
      expect(await workspace.api.listRuns(ref(name))).toEqual([]);
  });

  it('starts by tag and by schedule, even paused jobs, and shows why others wait', async () => {
    expectTriggered(await workspace.dlthub(['job', 'trigger', ...selectors]));
    const [nap] = await workspace.api.listRuns(ref('nap'));
    const params = { workspace_id: workspace.api.id, job_run_id: nap?.id ?? '' };
    await server.client.call('cancel_job_run', { params });
    expect(await workspace.api.awaitEnd(params.job_run_id)).toMatchObject({ status: 'cancelled' });
  });

  function expectTriggered(output: string, prefix = ''): void {
    expect(output).toContain(`${prefix}Triggered (5):`);
    for (const name of chain) expect(output).toContain(`${ref(name)}: tag:chain`);
    expect(output).toContain(`${ref('orders')}: schedule:0 0 1 1 *`);
    expect(output).toContain(`${ref('backfill')}: schedule:0 0 * * *`);
    expect(output).toContain(`${ref('meter')}: schedule:* * * * * */5`);
    expect(output).toContain(`${prefix}Skipped (2):`);
    expect(output).toContain(`${ref('report')}: Waiting on upstream job(s)`);
    expect(output).toContain(`${ref('nap')}: Concurrency limit reached`);
    expect(output).toContain('1 of 1 allowed runs of this job are active');
  }

  it('is followed by the jobs of the chain, each once', async () => {
    const [root] = await listEnded('extract', 1);
    const [second] = await listEnded('transform', 1);
    const [third] = await listEnded('publish', 1);
    expect(second).toMatchObject({ status: 'completed', previous_job_run_id: root?.id, triggered_by: null });
    expect(third).toMatchObject({ status: 'completed', previous_job_run_id: second?.id });
    expect(await readOutput(third)).toBe(`started by job.success:${ref('transform')}`);
  });

  it('is followed, on failure, only by the jobs that wait for it', async () => {
    const [failed] = await listEnded('broken', 1);
    expect(failed?.status).toBe('failed');
    const [alarm] = await listEnded('alarm', 1);
    expect(alarm).toMatchObject({ status: 'completed', previous_job_run_id: failed?.id });
    expect(await readOutput(alarm)).toBe(`started by job.fail:${ref('broken')}`);
    expect(await workspace.api.listRuns(ref('party'))).toEqual([]);
  });

  it('starts a deferred job when its upstream has completed', async () => {
    const [upstream] = await listEnded('orders', 1);
    const [run] = await listEnded('report', 1);
    expect(run).toMatchObject({ status: 'completed', previous_job_run_id: upstream?.id });
    expect(await readOutput(run)).toBe('refresh is False');
  });

  it('loads the days of a declared interval, and reports when it is in the past', async () => {
    const [run] = await listEnded('backfill', 1);
    expect([run?.interval_start, run?.interval_end]).toEqual(backfill);
    await expectExactRows(run, { since: Date.parse(backfill[0] ?? ''), stepMs: 3600 * 1000 });
    const output = await workspace.dlthub(['job', 'trigger', 'backfill', 'orders']);
    expect(output).toMatch(/backfill: Trigger time is outside the job's configured interval window/);
    expect(output).toContain(`the declared interval starts at ${backfill[0]} and ends at ${backfill[1]}`);
    expect(output).toMatch(/orders: A previous run already covers this interval/);
  });

  it('refreshes a job and its downstream jobs', async () => {
    const output = await workspace.dlthub(['job', 'trigger', 'orders', '--refresh']);
    expect(output).toContain(`${ref('orders')}: schedule:0 0 1 1 * (run #2)`);
    const [, upstream] = await listEnded('orders', 2);
    expect(await readOutput(upstream)).toBe('refresh is True');
    const [before, after] = await listEnded('report', 2);
    expect(after).toMatchObject({
      status: 'completed',
      trigger: 'schedule:0 0 1 1 *',
      triggered_by: null,
      previous_job_run_id: upstream?.id,
      interval_start: before?.interval_start,
      interval_end: before?.interval_end,
    });
    expect(await readOutput(after)).toBe('refresh is True');
  });

  it('moves no tick: the client shows the next one', async () => {
    const { next_scheduled_run_at: next } = await workspace.api.findJob(ref('orders'));
    expect(next).toBe(toIso(Date.UTC(new Date().getUTCFullYear() + 1, 0)));
    const shown = await workspace.dlthub(['job', '--timestamps', 'info', 'orders']);
    expect(shown).toMatch(new RegExp(`Next run +${next?.slice(0, 19)}`));
  });
});

describe('missed ticks', () => {
  it('of a pause are covered by the first run after it', async () => {
    await awaitQuiet('meter');
    const before = (await listCompleted('meter')).at(-1);
    const output = await workspace.dlthub(['job', 'resume', 'meter']);
    expect(output).toContain('The first run covers the whole period');
    const run = await awaitCompleted('meter', ({ number }) => number > (before?.number ?? 0));
    expect(run).toMatchObject({ triggered_by: null, interval_start: before?.interval_end });
    await expectExactRows(run);
  });

  it('of downtime are covered by a single run', async () => {
    await server.end('SIGTERM');
    const firstMissed = lastTickAt(Date.now()) + periodMs;
    const lastMissed = firstMissed + periodMs;
    await eventually('two ticks have passed', () => Date.now() > lastMissed);
    server = await server.restart();
    const run = await awaitCompleted('meter', (one) => endOf(one) >= lastMissed);
    expect(Date.parse(run.interval_start ?? '')).toBeLessThan(firstMissed);
    await expectExactRows(run);
  });

  it('are in exactly one window', async () => {
    const { id } = await workspace.api.findJob(ref('meter'));
    await server.client.call('pause_job', { params: { workspace_id: workspace.api.id, job_id: id } });
    await awaitQuiet('meter');
    const runs = await listCompleted('meter');
    const starts = runs.map((run) => run.interval_start);
    expect(starts).toEqual([toIso(meterStart), ...runs.slice(0, -1).map((run) => run.interval_end)]);
    expect(await workspace.api.listRuns(ref('launch'))).toHaveLength(1);
  });
});

/**
 * Checks the run's own output: its window matches the API's, and the table contains each moment from `since`,
 * the start of the first window, to the end of this one, and no others.
 * @param moments.stepMs time between moments
 */
async function expectExactRows(
  run: DetailedJobRunResponse | undefined,
  { since, stepMs } = { since: meterStart, stepMs: 1000 },
): Promise<void> {
  const output = await readOutput(run);
  const [, ...window] = /^window (\S+) (\S+)$/m.exec(output) ?? [];
  expect(window.map((text) => toIso(Date.parse(text)))).toEqual([run?.interval_start, run?.interval_end]);
  const end = Date.parse(run?.interval_end ?? '');
  const [, first = '', last = '', count] = /^table (\S+) (\S+) (\d+)$/m.exec(output) ?? [];
  expect([first, last].map((text) => toIso(Date.parse(text)))).toEqual([toIso(since), toIso(end - stepMs)]);
  expect(Number(count)).toBe((end - since) / stepMs);
}

/** Output of a run's code. */
async function readOutput(run: DetailedJobRunResponse | undefined): Promise<string> {
  return joinLines(await workspace.api.readLog(run?.id ?? ''), 'user');
}

/** Why a run was never started. */
async function readSkip(run: DetailedJobRunResponse | undefined) {
  const params = { workspace_id: workspace.api.id, job_run_id: run?.id ?? '' };
  return (await server.client.call('get_job_run_life', { params })).skip;
}

/** Waits until no run of a job is active. */
async function awaitQuiet(name: string): Promise<void> {
  await eventually(`no run of ${name} is on its way`, async () =>
    (await workspace.api.listRuns(ref(name))).every(({ status }) => isTerminalRunState(status)),
  );
}

/** The runs of a job, once there are this many and all have ended. */
async function listEnded(name: string, count: number): Promise<DetailedJobRunResponse[]> {
  const runs = await eventually(`${name} has ${count} runs`, async () => {
    const found = await workspace.api.listRuns(ref(name));
    return found.length >= count && found;
  });
  expect(runs).toHaveLength(count);
  return Promise.all(runs.map(({ id }) => workspace.api.awaitEnd(id)));
}

async function listCompleted(name: string): Promise<DetailedJobRunResponse[]> {
  return (await workspace.api.listRuns(ref(name))).filter(({ status }) => status === 'completed');
}

/**
 * The first completed run of a job that matches.
 * @throws Error with the log when a run of the job fails meanwhile
 */
async function awaitCompleted(
  name: string,
  isWanted: (run: DetailedJobRunResponse) => boolean,
): Promise<DetailedJobRunResponse> {
  const find = async () => {
    const runs = await workspace.api.listRuns(ref(name));
    return runs.find((one) => one.status === 'failed' || (one.status === 'completed' && isWanted(one)));
  };
  // The first run of a server installs dlt from the package registry, which can take minutes.
  const run = await eventually(`${name} has completed such a run`, find, { timeoutSeconds: 600 });
  expect(run.status, run.status === 'failed' ? await readOutput(run) : '').toBe('completed');
  return run;
}

async function createRun(name: string, body: { mode?: 'when_not_running' } = {}) {
  const { id } = await workspace.api.findJob(ref(name));
  const params = { workspace_id: workspace.api.id };
  return server.client.call('create_job_run', { params, body: { job_id: id, trigger: 'manual:', ...body } });
}

function endOf(run: DetailedJobRunResponse): number {
  return Date.parse(run.interval_end ?? '');
}

function lastTickAt(ms: number): number {
  return Math.floor(ms / periodMs) * periodMs;
}

function toIso(ms: number): string {
  return new Date(ms).toISOString();
}
