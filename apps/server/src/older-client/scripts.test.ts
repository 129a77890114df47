import type { Answer } from './testing/use-older-client.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { useOlderClient } from './testing/use-older-client.ts';
import { defineJob } from '../api/testing/api-fixture.ts';
import { defineApp } from '../api/testing/deployed-jobs.ts';

const { ask, deployModule, send, uploadBoth } = useOlderClient();

describe('a posted script', () => {
  beforeEach(uploadBoth);

  const post = (fields: Answer) =>
    ask('POST', 'scripts', {
      payload: { script_type: 'batch', profile: null, ...fields },
      agent: 'dlt-runtime-cli/0.23.0',
    });

  it('becomes the job that later releases deploy for the same file', async () => {
    const posted = await post({
      name: 'pipeline.py',
      entry_point: 'pipeline.py',
      description: 'The pipeline.py script',
      schedule: null,
    });
    expect(posted).toMatchObject({
      name: 'pipeline.py',
      entry_point: 'pipeline.py',
      job_ref: 'jobs.pipeline',
      version: 1,
    });
    const entry_point = {
      module: 'pipeline',
      function: null,
      job_type: 'batch',
      launcher: 'dlt._workspace.deployment.launchers.module',
    };
    const jobs = [
      { job_ref: 'jobs.pipeline', entry_point, execute: {}, triggers: [], expose: { manual: true } },
    ];
    const manifest = {
      jobs,
      job_definition_engine_version: 1,
      job_definition_hash: 'x',
      deployment_module: null,
    };
    expect(await ask('PUT', 'deployment_manifest', { payload: manifest })).toMatchObject({
      added: [],
      updated: [],
      archived: [],
      unchanged: [{ id: posted['id'], version: 1 }],
    });
  });

  it('is found in its folder by the name of its file', async () => {
    const posted = await post({ name: 'deep.py', entry_point: 'deep.py', schedule: null });
    expect(posted).toMatchObject({ job_ref: 'jobs.deep', entry_point: 'a/deep.py' });
    for (const named of ['a/deep.py', 'deep.py', 'jobs.deep', 'jobs.a/deep.py', String(posted['id'])])
      expect(await ask('GET', `scripts/${named}`)).toMatchObject({ id: posted['id'] });
  });

  it('keeps, sets and removes its schedule', async () => {
    const named = { name: 'nightly', entry_point: 'pipeline.py', description: 'Every morning' };
    expect(await post({ ...named, schedule: '0 8 * * *' })).toMatchObject({
      name: 'nightly',
      job_ref: 'jobs.nightly',
      description: 'Every morning',
      schedule: '0 8 * * *',
      version: 1,
    });
    // Release 0.24 leaves the key out where the others send null.
    expect(await post(named)).toMatchObject({ schedule: '0 8 * * *', version: 1 });
    expect(await post({ ...named, schedule: null })).toMatchObject({ schedule: null, version: 2 });
  });

  it('changes in single fields, and keeps its name', async () => {
    const { id } = await post({ name: 'nightly', entry_point: 'pipeline.py', schedule: '0 8 * * *' });
    const change = (payload: Answer) => send('PATCH', `scripts/${String(id)}`, { payload });
    expect((await change({ description: 'Every morning' })).json()).toMatchObject({
      id,
      description: 'Every morning',
      entry_point: 'pipeline.py',
      schedule: '0 8 * * *',
    });
    expect((await change({ schedule: null, profile: 'prod' })).json()).toMatchObject({
      description: 'Every morning',
      schedule: null,
      profile: 'prod',
    });
    expect((await change({ name: 'daily' })).json()['detail']).toContain('keeps its name');
  });

  it('does not change a job of a module', async () => {
    const jobs = [defineJob('jobs.pipeline', { triggers: ['schedule:0 6 * * *'] })];
    await deployModule(jobs);
    const posted = await post({ name: 'pipeline.py', entry_point: 'pipeline.py', schedule: null });
    expect(posted).toMatchObject({ schedule: '0 6 * * *', version: 1, name: 'jobs.pipeline' });
    const changed = await send('PATCH', 'scripts/jobs.pipeline', { payload: { schedule: null } });
    expect([changed.status, changed.json()['detail']]).toEqual([
      400,
      expect.stringContaining('defined in code'),
    ]);
  });

  it('is rejected when another name has the same job ref', async () => {
    await post({ name: 'a-b', entry_point: 'pipeline.py' });
    const payload = { name: 'a b', entry_point: 'pipeline.py' };
    expect((await send('POST', 'scripts', { payload })).json()['detail']).toContain('too similar');
  });

  it('called dashboard becomes the dashboard of the workspace', async () => {
    const dashboard = {
      name: 'dashboard',
      entry_point: 'dashboard',
      script_type: 'interactive',
      schedule: null,
    };
    const posted = await post({ ...dashboard, interactive_script_type: 'marimo' });
    expect(posted).toMatchObject({
      job_ref: 'jobs.workspace.dashboard',
      script_url: expect.any(String) as string,
    });
    expect(await ask('GET', 'scripts/dashboard')).toMatchObject({ id: posted['id'] });
  });

  it('becomes an app', async () => {
    const app = {
      name: 'nb.py',
      entry_point: 'nb.py',
      script_type: 'interactive',
      interactive_script_type: 'streamlit',
    };
    expect(await post(app)).toMatchObject({
      script_type: 'interactive',
      interactive_script_type: 'streamlit',
      script_url: expect.stringContaining('http') as string,
    });
    const { items } = (await ask('GET', 'scripts/nb.py/versions')) as { items: Answer[] };
    // Later releases name it, so its absence would be a new version.
    expect(items[0]?.['default_trigger']).toBe('http:');
  });
});

describe('a job', () => {
  beforeEach(async () => {
    await uploadBoth();
    const jobs = [
      defineJob('jobs.m.load', { expose: { category: 'background_agent' } }),
      defineApp('jobs.m.app'),
    ];
    await deployModule(jobs);
  });

  it('shows only values that the enums of the client have', async () => {
    const { items } = (await ask('GET', 'scripts?archived=false&limit=100&offset=0')) as { items: Answer[] };
    const load = items.find((job) => job['job_ref'] === 'jobs.m.load');
    expect(load?.['job_definition']).toMatchObject({ expose: {} });
    expect(load?.['job_definition']).not.toHaveProperty('expose.category');
  });

  it('is archived and restored, published and unpublished', async () => {
    expect(await ask('PUT', 'scripts/jobs.m.load/archive')).toMatchObject({ archived: true, active: false });
    expect(await ask('DELETE', 'scripts/jobs.m.load/archive')).toMatchObject({ archived: false });
    const published = await send('POST', 'scripts/jobs.m.app/public-url');
    expect([published.status, published.json()]).toMatchObject([
      201,
      { public_url: expect.any(String) as string },
    ]);
    expect(await ask('DELETE', 'scripts/jobs.m.app/public-url')).toMatchObject({ public_url: null });
  });

  it('has versions', async () => {
    const { id } = await ask('GET', 'scripts/jobs.m.load/versions/latest');
    for (const version of ['1', String(id)])
      expect(await ask('GET', `scripts/jobs.m.load/versions/${version}`)).toMatchObject({ id, version: 1 });
    expect(await ask('GET', 'scripts/jobs.m.load/versions')).toMatchObject({ items: [{ id }] });
    expect((await send('GET', 'scripts/jobs.m.load/versions/2')).status).toBe(404);
  });

  it.each(['scripts/nothing.py', 'scripts/jobs.m.load/archive', 'scripts/a/b/c'])(
    'is not found at %s',
    async (path) => {
      const { status, json } = await send('GET', path);
      expect([status, json()['status_code']]).toEqual([404, 404]);
    },
  );
});
