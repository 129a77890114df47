import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiFixture } from '../testing/api-fixture.ts';
import { buildArchive } from '../../../../../testing/fixtures/workspace-archive.ts';
import { createApiFixture, defineJob } from '../testing/api-fixture.ts';
import { plainRequirements } from '../../services/testing/workspace-fixture.ts';
import { setNextTick } from '../../store/postgres/testing/alerts.ts';
import { readAnswer } from '../testing/check-answer.ts';

const launcher = 'dlt._workspace.deployment.launchers.job';
const imports = 'import datetime as dt\nimport dlt\nfrom dlt.hub import run\n\n';
const load = `${imports}@run.job(trigger="0 6 * * *")
def load(day: dt.date, count: int = 1, token: str = dlt.secrets.value):
    """Load a day.

    Args:
        day: The day to load.
    """
`;
const plain = `${imports}@run.job\ndef load(): pass\n`;

let api: ApiFixture;
let context: Awaited<ReturnType<ApiFixture['createWorkspaceFixture']>>;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  context = await api.createWorkspaceFixture();
});

async function upload(source: string, settings = '') {
  const { owner, workspace } = context;
  const grantFor = (kind: 'deployment' | 'configuration') => ({
    principal: owner.principal,
    workspaceId: workspace.id,
    kind,
    uploadId: randomUUID(),
  });
  const archivePath = join(api.folder, `${randomUUID()}.tar.gz`);
  await writeFile(archivePath, buildArchive({ 'sales/jobs.py': source }));
  await api.services.uploadPackage.uploadConfiguration({
    grant: grantFor('configuration'),
    archive: buildArchive({ 'config.toml': settings }),
  });
  return api.services.uploadPackage.uploadDeployment({
    grant: grantFor('deployment'),
    archivePath,
    requirements: plainRequirements,
    requirementsSizeBytes: 2,
  });
}

/** Deploys the job `load`, and a script. */
async function deploy(source: string, { settings = '', triggers = [] as string[] } = {}) {
  const uploaded = await upload(source, settings);
  const entry_point = { module: 'sales.jobs', function: 'load', job_type: 'batch', launcher } as const;
  const { jobs, warnings } = await api.services.deploy({
    workspaceId: context.workspace.id,
    membershipId: context.owner.membershipId,
    jobs: [
      defineJob('jobs.sales.load', { entry_point, triggers, config_keys: ['count', 'token'] }),
      defineJob('jobs.script', { entry_point: { ...entry_point, function: null } }),
    ],
    deploymentModule: null,
    dryRun: false,
  });
  const idOf = (ref: string) => jobs.find(({ job }) => job.jobRef === ref)?.job.id ?? '';
  return { uploaded, warnings, jobId: idOf('jobs.sales.load'), scriptId: idOf('jobs.script') };
}

const call = (method: 'GET' | 'POST', path: string, payload?: object, surface = 'pumphouse') =>
  api.app.inject({
    method,
    url: `/${surface}/v1/workspaces/${context.workspace.id}/${path}`,
    headers: { authorization: `Bearer ${context.owner.key}` },
    ...(payload && { payload }),
  });
const start = (jobId: string, input?: unknown) => call('POST', `jobs/${jobId}/-start`, { input });
const countRuns = async () =>
  readAnswer('list_job_runs', await call('GET', 'job-runs', undefined, 'api')).items.length;

describe('the inputs of a job', () => {
  it('are read from its deployed code', async () => {
    const { jobId } = await deploy(load);
    const read = readAnswer('get_job_inputs', await call('GET', `jobs/${jobId}/inputs`));
    expect(read).toMatchObject({
      used_as: 'parameters',
      is_known: true,
      takes_any_name: false,
      inputs: [
        {
          name: 'day',
          is_required: true,
          source: 'input',
          annotation: 'dt.date',
          default_text: null,
          description: 'The day to load.',
          value_schema: { type: 'string', format: 'date' },
        },
        { name: 'count', is_required: false, source: 'default', default_text: '1' },
        { name: 'token', is_required: false, source: 'secret' },
      ],
      input_schema: { required: ['day'], additionalProperties: false },
    });
    expect(Object.keys(read.input_schema['properties'] ?? {})).toEqual(['day', 'count']);
  });

  it('follow the code, forward and back', async () => {
    const { jobId, uploaded } = await deploy(load);
    const names = async () =>
      readAnswer('get_job_inputs', await call('GET', `jobs/${jobId}/inputs`)).inputs.map(({ name }) => name);
    expect(await names()).toEqual(['day', 'count', 'token']);
    await upload(plain);
    expect(await names()).toEqual([]);
    const { owner, workspace } = context;
    const at = { workspaceId: workspace.id, membershipId: owner.membershipId };
    await api.services.rollBack.deployment({ ...at, versionId: uploaded.id });
    expect(await names()).toEqual(['day', 'count', 'token']);
  });

  it('of a script are options with any name', async () => {
    const { scriptId } = await deploy(load);
    const read = readAnswer('get_job_inputs', await call('GET', `jobs/${scriptId}/inputs`));
    expect(read).toMatchObject({ used_as: 'options', is_known: false, inputs: [], takes_any_name: true });
    expect((await start(scriptId, { day: '2026-11-29' })).statusCode).toBe(200);
  });

  it('are not those of another workspace', async () => {
    const { jobId } = await deploy(load);
    context = await api.createWorkspaceFixture();
    expect((await call('GET', `jobs/${jobId}/inputs`)).statusCode).toBe(404);
  });
});

describe('a start', () => {
  it.each<[string, unknown, string, string[]]>([
    ['an unknown name', { day: '2026-11-29', dya: 1 }, 'unknown_input', ['dya']],
    ['wrong values', { day: 'today', count: 1.5 }, 'wrong_input', ['day', 'count']],
    ['a missing one', { count: 2 }, 'missing_input', ['day']],
    ['none', undefined, 'missing_input', ['day']],
    ['a secret', { day: '2026-11-29', token: 'hush' }, 'secret_input', ['token']],
  ])('with %s is refused, and names it', async (_, input, code, names) => {
    const { jobId } = await deploy(load);
    const response = await start(jobId, input);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ code, extra: { inputs: names.map((name) => ({ name })) } });
    expect(response.body).not.toContain('hush');
    expect(await countRuns()).toBe(0);
  });

  it('with inputs that fit tells what they became', async () => {
    const { jobId } = await deploy(load);
    const input = { day: '2026-11-29', count: '3' };
    const { job_run_id: runId } = readAnswer('start_job', await start(jobId, input));
    const read = readAnswer('get_job_run_input', await call('GET', `job-runs/${runId}/input`));
    expect(read).toMatchObject({ used_as: 'parameters', input: JSON.stringify(input) });
  });

  it('of code that does not show its parameters is left to the run', async () => {
    const { jobId } = await deploy('from elsewhere import load\n');
    expect((await start(jobId, { any: 1 })).statusCode).toBe(200);
  });

  it('by the older operations is refused too', async () => {
    const { jobId, scriptId } = await deploy(load);
    const body = { job_id: jobId, trigger: 'manual:', refresh: false };
    const created = await call('POST', 'job-runs', body, 'api');
    expect(created.json()).toMatchObject({ code: 'missing_input', detail: expect.stringContaining('day') });
    const triggered = await call('POST', 'jobs/-trigger', { job_ids: [jobId, scriptId] }, 'api');
    const { succeeded, failed } = readAnswer('trigger_jobs', triggered);
    expect(succeeded.map(({ job_ref: ref }) => ref)).toEqual(['jobs.script']);
    expect(failed).toEqual([{ ref: 'jobs.sales.load', detail: expect.stringContaining('day') }]);
  });
});

describe('inputs of a schedule', () => {
  const triggers = ['schedule:0 6 * * *'];
  const settings = (inputs: string) => `[pumphouse.jobs.sales.load]\nschedule_inputs = ${inputs}\n`;

  it.each([
    ['', 'The input day is missing'],
    [settings('{ day = 2026-11-29, other = 1 }'), 'no input other'],
    [settings('{ day = "today" }'), 'The value of the input day is not dt.date'],
  ])('that do not fit are a warning of the deploy: %s', async (config, message) => {
    const { warnings } = await deploy(load, { settings: config, triggers });
    expect(warnings).toEqual([expect.stringContaining(message)]);
    expect(warnings[0]).toContain('[pumphouse.jobs.sales.load]');
  });

  it('reach the runs of its ticks', async () => {
    const config = settings('{ day = 2026-11-29, count = 3 }');
    const { warnings, jobId } = await deploy(load, { settings: config, triggers });
    expect(warnings).toEqual([]);
    await setNextTick(api.testDatabase.database, jobId, new Date(Date.now() - 1000));
    const tick = await api.startRuns.startTick({ jobId, trigger: triggers[0] ?? '' });
    const runId = tick?.succeeded[0]?.run?.id;
    const read = readAnswer('get_job_run_input', await call('GET', `job-runs/${runId}/input`));
    expect(read.used_as).toBe('parameters');
    expect(JSON.parse(read.input ?? '')).toEqual({ day: '2026-11-29', count: 3 });
  });
});
