import type { ApiFixture } from '../testing/api-fixture.ts';
import type { JobRunTimelineResponse } from '@pumphouse/contract';
import type { SeededRun } from '../testing/seed-run.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiFixture } from '../testing/api-fixture.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { runFailures } from '../../domain/runs/run-failures.ts';
import { seedRun } from '../testing/seed-run.ts';
import { setAttempt } from '../../store/postgres/testing/attempts.ts';

let api: ApiFixture;
let seeded: SeededRun;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  seeded = await seedRun(api);
});

const headers = () => ({ authorization: `Bearer ${seeded.owner.key}` });

async function readTimeline(): Promise<JobRunTimelineResponse> {
  const url = `/pumphouse/v1/workspaces/${seeded.workspaceId}/job-runs/${seeded.run.id}/life`;
  return readAnswer('get_job_run_life', await api.app.inject({ url, headers: headers() }));
}

/** An attempt whose spool ends with this exit record. User code had begun, unless the record has a reason. */
async function runAttempt(exit: object): Promise<string> {
  const { id } = await api.createAttempt(seeded.run);
  await setAttempt(api.testDatabase.database, id, { begunBy: 'nonce', begunAt: new Date() });
  await api.setRun(seeded.run.id, { status: 'running' });
  const records = [
    ...('reason' in exit ? [] : [{ n: 0, kind: 'started', at: '2026-03-10T10:00:01Z' }]),
    { n: 1, kind: 'exit', at: '2026-03-10T10:00:09Z', code: null, signal: null, reason: null, ...exit },
  ];
  const spool = Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  await api.services.recordSpool.record(id, 0, spool);
  return id;
}

describe('the timeline of a run', () => {
  it('is empty at first', async () => {
    expect(await readTimeline()).toEqual({
      id: seeded.run.id,
      status: 'pending',
      failure: null,
      reason: null,
      skip: null,
      waiting: { reason: 'Waiting for a server to start it.', until: null },
      unknown: null,
      attempts: [],
      package_warnings: [],
      phases: [
        {
          name: 'queued',
          attempt: 1,
          started_at: seeded.run.createdAt.toISOString(),
          finished_at: null,
          duration_ms: null,
        },
      ],
    });
  });

  it('warns about incompatible packages in the environment of the last attempt', async () => {
    const { environments, workspaces } = api.persistence.store;
    const organizationId = (await workspaces.get(seeded.workspaceId))?.organizationId ?? '';
    const build = async (key: string, packages: string[]) => {
      const environment = { key, organizationId, pythonVersion: '3.13', requirements: [] };
      await environments.takeBuild(environment, 'builder', 30, { replaceReady: false });
      const location = { executor: 'fake', path: `/environments/${key}` };
      await environments.finishBuild(key, 'builder', { location, packages });
      const { id } = await api.createAttempt(seeded.run);
      await environments.noteUse(id, location.path);
    };
    await build(`${seeded.run.id}-1`, ['dlt==1.31.0', 'duckdb==2.0.1', 'sqlglot==29.0.0']);
    expect((await readTimeline()).package_warnings).toEqual([
      {
        packages: ['dlt 1.31.0', 'duckdb 2.0.1'],
        affected: expect.stringContaining('.arrow()'),
        effect: expect.stringContaining('fetch_arrow_table'),
        pin: 'duckdb<2',
        caution: expect.stringContaining('`pumphouse data reset`'),
      },
    ]);
    await build(`${seeded.run.id}-2`, ['dlt==1.31.0', 'duckdb==1.5.6', 'sqlglot==29.0.0']);
    expect((await readTimeline()).package_warnings).toEqual([]);
  });

  it('contains each attempt with its times, exit details, failure reason and pending wait', async () => {
    const reason = { code: 'sandbox_failed', detail: 'no namespaces' };
    const attemptId = await runAttempt({ reason, peak_memory_bytes: 1234 });
    const timeline = await readTimeline();
    expect(timeline).toMatchObject({
      status: 'pending',
      failure: null,
      waiting: { reason: 'Attempt 1 failed (sandbox_failed); retry 1 of 2 follows.' },
    });
    expect(Date.parse(timeline.waiting?.until ?? '')).toBeGreaterThan(
      Date.parse(timeline.attempts[0]?.created_at ?? ''),
    );
    expect(timeline.attempts).toEqual([
      {
        id: attemptId,
        number: 1,
        executor: 'fake',
        created_at: expect.any(String) as string,
        begun_at: expect.any(String) as string,
        started_at: null,
        finished_at: '2026-03-10T10:00:09.000Z',
        last_output_at: null,
        exit: { code: null, signal: null, out_of_memory: null, peak_memory_bytes: 1234, reason },
        failure: { ...reason, next_step: runFailures.sandbox_failed.nextStep },
        reason: expect.objectContaining({
          kind: 'runtime',
          code: 'sandbox_failed',
          summary: 'no namespaces',
        }) as object,
        plain_start: null,
      },
    ]);
  });

  it('tells why user code started with nothing imported ahead', async () => {
    const { id } = await api.createAttempt(seeded.run);
    await setAttempt(api.testDatabase.database, id, { begunBy: 'nonce', begunAt: new Date() });
    const at = '2026-03-10T10:00:01Z';
    let offset = 0;
    const send = async (record: object) => {
      const spool = Buffer.from(`${JSON.stringify({ n: 1, at, ...record })}\n`);
      ({ offset } = await api.services.recordSpool.record(id, offset, spool));
      return (await readTimeline()).attempts.map((attempt) => attempt.plain_start);
    };
    const note = (plain_start: unknown) => send({ kind: 'note', text: 'told', plain_start });
    expect(await send({ kind: 'started' })).toEqual([null]);
    for (const hostile of [[], {}, { file: 3 }, { file: 'a\0' }, { module: 'm'.repeat(301) }])
      expect(await note(hostile)).toEqual([null]);
    const reason = 'jobs.py:3';
    expect(await note({ file: 'jobs.py', line: 3 })).toEqual([reason]);
    expect(await send({ kind: 'log', io: 'stdout', text: 'a line' })).toEqual([reason]);
    // What the bootstrap told first was before user code ran.
    expect(await note({ module: 'semver' })).toEqual([reason]);
  });

  it('contains its phases, including the wait for the next attempt', async () => {
    await runAttempt({ reason: { code: 'sandbox_failed', detail: 'no namespaces' } });
    const { phases } = await readTimeline();
    expect(phases.map(({ name, attempt }) => `${name}/${attempt}`)).toEqual([
      'queued/1',
      'environment/1',
      'starting/1',
      'ending/1',
      'queued/2',
    ]);
    expect(phases.map(({ finished_at: end }) => end)).toEqual([
      ...phases.slice(1).map(({ started_at: start }) => start),
      null,
    ]);
  });

  it('contains how it ended, and what to do next', async () => {
    await runAttempt({ signal: 'SIGKILL', out_of_memory: 'limit' });
    const { nextStep } = runFailures.out_of_memory;
    expect(await readTimeline()).toMatchObject({
      status: 'failed',
      failure: { code: 'out_of_memory', next_step: nextStep },
      waiting: null,
      attempts: [{ exit: { signal: 'SIGKILL', out_of_memory: 'limit' }, failure: { code: 'out_of_memory' } }],
    });
  });

  it('is 404 for a run that does not exist', async () => {
    seeded = { ...seeded, run: { ...seeded.run, id: '00000000-0000-4000-8000-000000000000' } };
    await expect(readTimeline()).rejects.toThrow('not_found');
  });
});

describe('a skipped run', () => {
  const skip = {
    status: 'skipped_paused',
    reasons: ['the job is paused', 'and more'],
    count: 3,
    firstAt: '2026-03-10T14:00:00.000Z',
    lastAt: '2026-03-10T16:00:00.000Z',
  };

  beforeEach(() => api.setRun(seeded.run.id, { status: 'skipped', finishedAt: new Date(), skip }));

  it('reports the reason, the count, and the first and last time', async () => {
    expect(await readTimeline()).toMatchObject({
      status: 'skipped',
      skip: {
        status: 'skipped_paused',
        reasons: skip.reasons,
        count: 3,
        first_at: skip.firstAt,
        last_at: skip.lastAt,
      },
      attempts: [],
    });
  });

  it('reports the same as its log and its stream, which ends', async () => {
    const path = `/logs/v1/workspaces/${seeded.workspaceId}/job-runs/${seeded.run.id}`;
    const authorization = `Bearer ${seeded.token}`;
    const read = (name: string) => api.app.inject({ url: `${path}/${name}`, headers: { authorization } });
    const line = {
      line_num: 0,
      content:
        'Nothing was started (skipped_paused): the job is paused; and more. ' +
        '3 times, first at 2026-03-10T14:00:00.000Z, last at 2026-03-10T16:00:00.000Z.',
      // The dlt client hides lines with the source `runner`.
      source: 'setup',
      stage: 'build',
      io_stream: 'stdout',
      reported_at: skip.lastAt,
    };
    expect(JSON.parse((await read('logs')).body)).toEqual(line);
    const events = (await read('log-stream')).body.split('\n').filter((text) => text.startsWith('data: '));
    expect(events.map((text) => JSON.parse(text.slice('data: '.length)) as unknown)).toEqual([line]);
  });
});
