import type { Answer } from './testing/use-older-client.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { useOlderClient } from './testing/use-older-client.ts';
import { ago } from '../../../../testing/fixtures/relative-times.ts';
import { defineJob } from '../api/testing/api-fixture.ts';
import { defineApp } from '../api/testing/deployed-jobs.ts';

const older = useOlderClient();
const { ask, deployModule, send, uploadBoth } = older;

describe('a run', () => {
  beforeEach(async () => {
    await uploadBoth();
    const jobs = [
      defineJob('jobs.m.load', { triggers: ['schedule:0 6 * * *'], default_trigger: 'schedule:0 6 * * *' }),
      defineJob('jobs.m.plain'),
      defineApp('jobs.m.app'),
    ];
    await deployModule(jobs);
  });

  const start = (named = 'jobs.m.load') =>
    ask('POST', 'runs', { payload: { script_id_or_name_or_secret: named, profile: null } });
  const statusOf = async (id: unknown) => (await ask('GET', `runs/${String(id)}`))['status'];

  it('has the fields of every release', async () => {
    const run = await start();
    expect(run).toMatchObject({
      number: 1,
      status: 'pending',
      trigger: 'manual:jobs.m.load',
      configuration_id: expect.any(String) as string,
      deployment_id: expect.any(String) as string,
      script: { name: 'jobs.m.load', schedule: '0 6 * * *', active: true },
    });
    const old = await ask('GET', `runs/${String(run['id'])}`, { agent: 'python-httpx/0.28' });
    expect(old['trigger']).toBe('manual');
    const listed = await ask(
      'GET',
      `runs?script_id=${String((run['script'] as Answer)['id'])}&tz=UTC&include_system_runs=false&limit=1&offset=0`,
    );
    expect(listed).toMatchObject({ total: 1, items: [{ id: run['id'] }] });
    expect(await ask('GET', 'runs/latest')).toMatchObject({ id: run['id'] });
  });

  it.each(['running', 'completed'] as const)(
    'that is %s at the next look was starting once',
    async (status) => {
      const { id } = await start();
      expect(await statusOf(id)).toBe('pending');
      await older.api.setRun(String(id), {
        status,
        startedAt: new Date(),
        ...(status === 'completed' ? { finishedAt: new Date() } : {}),
      });
      expect([await statusOf(id), await statusOf(id)]).toEqual(['starting', status]);
      // Another client may wait for it, too.
      const { organization, workspace } = older.context;
      const at = { id: organization.id, role: 'collaborator' } as const;
      const caller = await older.api.createCaller(at, { id: workspace.id, role: 'viewer' });
      expect(await ask('GET', `runs/${String(id)}`, { caller })).toMatchObject({ status: 'starting' });
    },
  );

  it.each(['failed', 'cancelled'] as const)(
    'that is %s ends the wait of the client itself',
    async (status) => {
      const { id } = await start();
      await older.api.setRun(String(id), { status, finishedAt: new Date() });
      expect(await statusOf(id)).toBe(status);
    },
  );

  it('that nobody followed is shown as it is', async () => {
    const { id } = await start();
    await older.api.setRun(String(id), { status: 'running', createdAt: ago({ minutes: 2 }) });
    expect(await statusOf(id)).toBe('running');
  });

  it('that waited for long was starting once, whichever server is asked', async () => {
    const { id } = await start();
    expect(await statusOf(id)).toBe('pending');
    await older.api.setRun(String(id), {
      status: 'completed',
      createdAt: ago({ hours: 2 }),
      finishedAt: new Date(),
    });
    const shown = await Promise.all(Array.from({ length: 5 }, () => statusOf(id)));
    expect(shown.filter((status) => status !== 'completed')).toEqual(['starting']);
  });

  it('of an app was running once', async () => {
    const { id } = await start('jobs.m.app');
    await older.api.setRun(String(id), { status: 'completed', finishedAt: new Date() });
    expect([await statusOf(id), await statusOf(id)]).toEqual(['running', 'completed']);
  });

  it('has no log before it starts: null as a text, no lines as a list', async () => {
    const { id } = await start();
    const path = `runs/${String(id)}/logs`;
    expect(await ask('GET', path, { agent: 'python-httpx/0.28' })).toMatchObject({ logs: null, run: { id } });
    expect(await ask('GET', path)).toMatchObject({ logs: [], run: { id } });
  });

  it('is started by a trigger, and skipped in words that the client knows', async () => {
    const payload = { job_refs: ['jobs.m.plain'], refresh: false, dry_run: false };
    const first = await send('POST', 'scripts/trigger', { payload });
    expect([first.status, first.json()]).toMatchObject([
      201,
      { triggered: [{ job_ref: 'jobs.m.plain', status: 'triggered', run: { status: 'pending' } }] },
    ]);
    expect(await ask('POST', 'scripts/trigger', { payload })).toMatchObject({
      triggered: [{ status: expect.stringMatching(/^skipped_/) as string }],
    });
    const unknown = { ...payload, job_refs: ['jobs.nothing'] };
    expect((await send('POST', 'scripts/trigger', { payload: unknown })).status).toBe(404);
    expect(await ask('POST', 'scripts/trigger', { payload: { selectors: ['tag:none'] } })).toEqual({
      triggered: [],
    });
  });

  it('is cancelled by the ref of its job', async () => {
    const { id } = await start();
    const payload = { job_refs: ['jobs.m.load', 'jobs.m.app'], dry_run: false };
    expect(await ask('POST', 'runs/cancel', { payload })).toEqual({
      cancelled: [{ job_ref: 'jobs.m.load', run_id: id, run_number: 1, previous_status: 'pending' }],
      not_running: ['jobs.m.app'],
    });
    const cancelled = await send('POST', `runs/${String(id)}/cancel`);
    expect([cancelled.status, cancelled.json()['detail']]).toEqual([
      409,
      expect.stringContaining('already ended'),
    ]);
    const next = await start();
    const stopped = await send('POST', `runs/${String(next['id'])}/cancel`);
    expect([stopped.status, stopped.json()]).toMatchObject([201, { status: 'cancelled' }]);
  });

  it('is rejected in words that the client shows while the job runs', async () => {
    await start();
    const refused = await send('POST', 'runs', { payload: { script_id_or_name_or_secret: 'jobs.m.load' } });
    expect([refused.status, refused.json()]).toMatchObject([409, { detail: expect.any(String) as string }]);
    expect(refused.json()).not.toHaveProperty('extra');
  });
});
