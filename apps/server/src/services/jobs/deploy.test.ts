import type { DeployRequest } from './deploy.ts';
import type { DeployedJob } from './deploy-result.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { readJobRows } from '../../store/postgres/testing/jobs.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createWorkspaceFixture(fixture);
});

const owner = { deploymentModule: 'workspace_a' };
const outcomesOf = (jobs: readonly DeployedJob[]) =>
  Object.fromEntries(jobs.map(({ job, outcome }) => [job.jobRef, outcome]));

async function countVersions(jobRef: string): Promise<number[]> {
  const { id } = await context.getJob(jobRef);
  const { rows } = await fixture.store.jobs.listVersions(id).read({
    limit: 100,
    offset: 0,
    sorting: [{ key: 'version', order: 'asc' }],
  });
  return rows.map(({ version }) => version);
}

describe('a deploy', () => {
  it('creates, updates, keeps and archives, in that order', async () => {
    const first = await context.deployJobs(
      ['jobs.a', 'jobs.b', 'jobs.c'].map((ref) => defineJob(ref)),
      owner,
    );
    expect(outcomesOf(first.jobs)).toEqual({ 'jobs.a': 'created', 'jobs.b': 'created', 'jobs.c': 'created' });
    const changed = defineJob('jobs.b', { description: 'new' });
    const second = await context.deployJobs([defineJob('jobs.a'), changed, defineJob('jobs.d')], owner);
    expect(second.jobs.map(({ job, outcome }) => [job.jobRef, outcome])).toEqual([
      ['jobs.d', 'created'],
      ['jobs.b', 'updated'],
      ['jobs.c', 'archived'],
      ['jobs.a', 'unchanged'],
    ]);
    const updated = second.jobs[1];
    expect(updated?.job).toMatchObject({ version: 2, description: 'new', isArchived: false });
    expect(updated?.previousVersion).toMatchObject({ version: 1, description: null });
    expect(second.jobs[2]?.job).toMatchObject({ version: 1, isArchived: true });
    expect(await countVersions('jobs.a')).toEqual([1]);
    expect(await countVersions('jobs.b')).toEqual([1, 2]);
  });

  it("of __deployment__ sets the workspace's description; any other leaves it unchanged", async () => {
    const readDescription = async () =>
      (await fixture.store.workspaces.get(context.workspaceId))?.description;
    const jobs = [defineJob('jobs.a')];
    const whole = { deploymentModule: '__deployment__' };
    await context.deployJobs(jobs, { ...whole, description: 'of a shop' });
    expect(await readDescription()).toBe('of a shop');
    await context.deployJobs(jobs, { ...whole, description: 'of a dry run', dryRun: true });
    await context.deployJobs(jobs, { ...owner, description: 'of another module' });
    await context.deployJobs(jobs, { deploymentModule: null, description: 'of a script' });
    await context.deployJobs(jobs, whole);
    expect(await readDescription()).toBe('of a shop');
    await context.deployJobs(jobs, { ...whole, description: null });
    expect(await readDescription()).toBeNull();
  });

  it('changes nothing if only the order of keys differs, and restores an archived job', async () => {
    await context.deployJobs([defineJob('jobs.a', { description: 'x' })], owner);
    const reordered = Object.fromEntries(
      Object.entries(defineJob('jobs.a', { description: 'x' })).toReversed(),
    );
    expect(outcomesOf((await context.deployJobs([reordered], owner)).jobs)).toEqual({
      'jobs.a': 'unchanged',
    });
    await context.deployJobs([], owner);
    expect(await context.getJob('jobs.a')).toMatchObject({ isArchived: true });
    const back = await context.deployJobs([reordered], owner);
    expect(back.jobs[0]).toMatchObject({ outcome: 'updated', job: { isArchived: false, version: 2 } });
    expect(await context.getJob('jobs.a')).toMatchObject({ isArchived: false, version: 2 });
  });

  it('archives only jobs that its module owns', async () => {
    await context.deployJobs([defineJob('jobs.a')], owner);
    await context.deployJobs([defineJob('jobs.b')], { deploymentModule: 'workspace_b' });
    await context.deployJobs([defineJob('jobs.c')]);
    const { jobs } = await context.deployJobs([], { deploymentModule: 'workspace_b' });
    expect(outcomesOf(jobs)).toEqual({ 'jobs.b': 'archived' });
    for (const ref of ['jobs.a', 'jobs.c']) expect((await context.getJob(ref)).isArchived).toBe(false);
  });

  it('without a module creates and updates, archives nothing and does not change owners', async () => {
    await context.deployJobs([defineJob('jobs.a'), defineJob('jobs.b')], owner);
    const { jobs } = await context.deployJobs([
      defineJob('jobs.a', { description: 'x' }),
      defineJob('jobs.c'),
    ]);
    expect(outcomesOf(jobs)).toEqual({ 'jobs.a': 'updated', 'jobs.c': 'created' });
    expect(await context.getJob('jobs.a')).toMatchObject(owner);
    expect(await context.getJob('jobs.b')).toMatchObject({ ...owner, isArchived: false });
    expect((await context.getJob('jobs.c')).deploymentModule).toBeNull();
  });

  it('takes over a job that another module sends unchanged', async () => {
    await context.deployJobs([defineJob('jobs.a')]);
    const { jobs } = await context.deployJobs([defineJob('jobs.a')], owner);
    expect(jobs).toMatchObject([{ outcome: 'unchanged', job: owner }]);
    expect(await context.getJob('jobs.a')).toMatchObject({ ...owner, version: 1 });
  });

  it('ends a pause when the schedule is removed, and keeps it otherwise', async () => {
    const timed = (expr: string) => defineJob('jobs.a', { triggers: [`schedule:${expr}`] });
    await context.deployJobs([timed('0 * * * *')], owner);
    await context.setJob('jobs.a', { isPaused: true });
    const kept = await context.deployJobs([timed('5 * * * *')], owner);
    expect(kept.jobs[0]?.job.isPaused).toBe(true);
    const lost = await context.deployJobs([defineJob('jobs.a')], owner);
    expect(lost.jobs[0]).toMatchObject({ outcome: 'updated', job: { isPaused: false } });
    expect((await context.getJob('jobs.a')).isPaused).toBe(false);
  });

  it('that archives a paused job ends its pause', async () => {
    await context.deployJobs([defineJob('jobs.a', { triggers: ['every:5m'] })], owner);
    await context.setJob('jobs.a', { isPaused: true });
    await context.deployJobs([], owner);
    expect(await context.getJob('jobs.a')).toMatchObject({ isArchived: true, isPaused: false });
  });
});

describe('the description of a workspace', () => {
  const deploy = (description: string | null, dryRun = false) =>
    context.deployJobs([defineJob('jobs.a')], {
      deploymentModule: '__deployment__',
      description,
      dryRun,
    });
  const update = (description: string | null) =>
    fixture.workspaces.update(context.workspaceId, { description });
  const read = async () => (await fixture.store.workspaces.get(context.workspaceId))?.description;

  it('that a user or an apply wrote stays, and the deploy says that the one in the code is not used', async () => {
    await deploy('Of the code');
    await update('Of the file');
    expect((await deploy('Of the code, changed')).warnings).toEqual([
      expect.stringContaining('description in __deployment__.py is not used'),
    ]);
    expect(await read()).toBe('Of the file');
    // Nothing of the code is left out then.
    expect((await deploy(null)).warnings).toEqual([]);
    expect((await deploy('Of the file', true)).warnings).toEqual([]);
    expect(await read()).toBe('Of the file');
  });

  it('belongs to the file even if the code has the same one at that time', async () => {
    await deploy('Same');
    await update('Same');
    await deploy('Of the code');
    expect(await read()).toBe('Same');
  });

  it('comes from the code again once it is removed', async () => {
    await update('Of the file');
    await update(null);
    await deploy('Of the code');
    expect(await read()).toBe('Of the code');
    await deploy(null);
    expect(await read()).toBeNull();
  });

  it('stays from the code when the workspace is renamed', async () => {
    await deploy('Of the code');
    await fixture.workspaces.update(context.workspaceId, { name: 'Renamed' });
    await deploy('Of the code, changed');
    expect(await read()).toBe('Of the code, changed');
  });
});

describe('the warnings of a deploy', () => {
  it('list attributes without effect, also in a dry run and if nothing changed', async () => {
    const jobs = [defineJob('jobs.a', { require: { region: 'eu-west' } }), defineJob('jobs.b')];
    for (const dryRun of [true, false, false]) {
      const { warnings } = await context.deployJobs(jobs, { ...owner, dryRun });
      expect(warnings).toEqual([
        expect.stringMatching(/^require\.region = "eu-west" has no effect .*\(jobs\.a\)/),
      ]);
    }
  });
});

describe('parts of the proprietary package', () => {
  it('are reported with their place and what to use instead, whatever the client had installed', async () => {
    await context.uploadDeployment(undefined, undefined, {
      'shop/orders.py': 'import dlt\n\n@dlt.hub.transformation\ndef totals(): ...\n',
      'jobs.py': 'from dlt.hub import run\nfrom shop import orders\n',
    });
    expect((await context.deployJobs([defineJob('jobs.a')], owner)).warnings).toEqual([
      '`dlt.hub.transformation` (shop/orders.py, line 3) belongs to the proprietary package dlthub, which Pumphouse does not have: read with `pipeline.dataset()` in a job, and load the result with `pipeline.run()`, instead.',
    ]);
    await context.uploadDeployment(undefined, undefined, { 'jobs.py': 'from dlt.hub import run\n' });
    expect((await context.deployJobs([defineJob('jobs.a')], owner)).warnings).toEqual([]);
  });
});

describe('invalid tags', () => {
  const problem = /^__tags__ of __deployment__\.py in code v2 has no effect: line 1 /;
  const upload = (module: string) =>
    context.uploadDeployment(undefined, undefined, { '__deployment__.py': module });
  const warn = async (options: Partial<DeployRequest>) =>
    (await context.deployJobs([defineJob('jobs.a')], options)).warnings;

  it('are reported when their module is deployed, until they are literals', async () => {
    await upload('__tags__ = ["prod"]');
    expect(await warn({ deploymentModule: '__deployment__' })).toEqual([]);
    await upload('__tags__ = load_tags()');
    expect(await warn({ deploymentModule: '__deployment__' })).toEqual([expect.stringMatching(problem)]);
    expect(await warn({ deploymentModule: '__deployment__', dryRun: true })).toHaveLength(1);
    expect(await warn({ deploymentModule: 'other' })).toEqual([]);
    expect(await warn({ deploymentModule: null })).toEqual([]);
    await upload('__tags__ = ["prod", "b"]');
    expect(await warn({ deploymentModule: '__deployment__' })).toEqual([]);
  });
});

describe('a dry run', () => {
  it('reports what would happen to each job and stores nothing', async () => {
    await context.deployJobs([defineJob('jobs.a'), defineJob('jobs.b'), defineJob('jobs.c')], owner);
    const read = () => readJobRows(fixture.database, context.workspaceId);
    const before = await read();
    const changes = [defineJob('jobs.a', { description: 'x' }), defineJob('jobs.b'), defineJob('jobs.d')];
    const { jobs } = await context.deployJobs(changes, { ...owner, dryRun: true });
    expect(jobs.map(({ job, outcome }) => [job.jobRef, outcome, job.version, job.isArchived])).toEqual([
      ['jobs.d', 'created', 1, false],
      ['jobs.a', 'updated', 2, false],
      ['jobs.c', 'archived', 1, true],
      ['jobs.b', 'unchanged', 1, false],
    ]);
    expect(await read()).toEqual(before);
    expect(await countVersions('jobs.a')).toEqual([1]);
  });
});

describe('a definition', () => {
  it('is returned as it was sent: key order, unknown keys, absent keys', async () => {
    const text = `{"triggers":[],"zeta":{"b":1,"a":[1.5,null,"\\u2028"]},"execute":{"concurrency":null,"x_new":{}},
      "entry_point":{"launcher":"dlt.launchers.job","job_type":"batch","function":"f","module":"m","extra":0},
      "job_ref":"jobs.a","engine_version":2}`;
    const sent: unknown = JSON.parse(text);
    const verbatim = JSON.stringify(sent);
    const { jobs } = await context.deployJobs([sent]);
    expect(JSON.stringify(jobs[0]?.job.definition)).toBe(verbatim);
    expect(JSON.stringify((await context.getJob('jobs.a')).definition)).toBe(verbatim);
  });

  it('of the older engine is stored in the newer form', async () => {
    const old = {
      ...defineJob('jobs.a'),
      engine_version: 1,
      refresh: 'always',
      allow_external_schedulers: true,
      require: { machine: 'large', profile: 'eu' },
    };
    await context.deployJobs([old]);
    const job = await context.getJob('jobs.a');
    expect(job).toMatchObject({ engineVersion: 2, profile: 'eu' });
    expect(job.definition).toMatchObject({
      engine_version: 2,
      refresh_propagation: 'always',
      incremental_mode: 'interval',
      require: { instance: { size: 'large' }, profile: 'eu' },
    });
    for (const key of ['refresh', 'allow_external_schedulers'])
      expect(job.definition).not.toHaveProperty(key);
    expect(outcomesOf((await context.deployJobs([old])).jobs)).toEqual({ 'jobs.a': 'unchanged' });
  });

  it('sets the columns of the job', async () => {
    await context.deployJobs([
      defineJob('jobs.a', {
        triggers: ['webhook:x', 'every:5m'],
        expose: { tags: ['t'] },
        deliver: { pipeline_name: 'p' },
        execute: { timeout: { timeout: 90.5 } },
        description: 'd',
      }),
    ]);
    expect(await context.getJob('jobs.a')).toMatchObject({
      jobType: 'batch',
      profile: 'prod',
      triggers: ['webhook:x', 'every:5m', 'tag:t', 'manual:jobs.a', 'pipeline_name:p'],
      defaultTrigger: 'every:5m',
      maxRunTimeSeconds: 90.5,
      description: 'd',
    });
  });
});

describe('a problem in one definition', () => {
  it.each<[string, unknown[], string]>([
    ['no object', ['x'], 'a job definition must be an object'],
    ['a trigger', [defineJob('jobs.x', { triggers: ['schedule:nope'] })], 'jobs.x: '],
    ['the profile', [defineJob('jobs.x', { require: { profile: 'dev' } })], "profile 'dev' is for local use"],
    ['two of a name', [defineJob('jobs.x'), defineJob('jobs.x')], 'jobs.x: is defined twice'],
    [
      'an unknown job to follow',
      [defineJob('jobs.x', { triggers: ['job.success:jobs.y'] })],
      "jobs.x: refers to unknown job 'jobs.y'",
    ],
    [
      'an upstream that this deploy archives',
      [defineJob('jobs.x', { freshness: ['job.is_fresh:jobs.old'] })],
      "jobs.x: refers to unknown job 'jobs.old'",
    ],
  ])('rejects all definitions: %s', async (_what, wrong, reason) => {
    await context.deployJobs([defineJob('jobs.old')], owner);
    const refusal: unknown = await context
      .deployJobs([defineJob('jobs.new'), ...wrong], owner)
      .catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'invalid_job_definition' });
    const { message, extra } = refusal as { message: string; extra: string[] };
    expect(message).toContain(`Nothing was deployed: ${extra[0]}`);
    expect(extra.join('\n')).toContain(reason);
    const jobs = await fixture.store.jobs.listAll(context.workspaceId);
    expect(jobs.map(({ jobRef, isArchived }) => [jobRef, isArchived])).toEqual([['jobs.old', false]]);
  });

  it('is reported for all definitions at once', async () => {
    const wrong = [
      defineJob('jobs.x', { triggers: ['nope'] }),
      defineJob('jobs.y', { triggers: ['every:1s'] }),
    ];
    const refusal = context.deployJobs(wrong, owner);
    const extra = [expect.stringMatching(/^jobs\.x: /), expect.stringMatching(/^jobs\.y: /)] as string[];
    await expect(refusal).rejects.toMatchObject({ extra });
  });

  it('is not a reference to an existing job of another module', async () => {
    await context.deployJobs([defineJob('jobs.up')], { deploymentModule: 'workspace_b' });
    const { jobs } = await context.deployJobs(
      [defineJob('jobs.x', { freshness: ['job.is_fresh:jobs.up'] })],
      owner,
    );
    expect(outcomesOf(jobs)).toEqual({ 'jobs.x': 'created' });
  });
});

describe('a deploy to a workspace', () => {
  it('is rejected while it is archived', async () => {
    await context.archiveWorkspace();
    await expect(context.deployJobs([defineJob('jobs.a')])).rejects.toMatchObject({
      code: 'workspace_archived',
    });
    const workspaceId = '00000000-0000-0000-0000-000000000000';
    await expect(context.deployJobs([], { workspaceId })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('waits for a concurrent deploy to end', async () => {
    const same = await Promise.all(
      Array.from({ length: 4 }, () => context.deployJobs([defineJob('jobs.a')], owner)),
    );
    const outcomes = Map.groupBy(same, ({ jobs }) => jobs[0]?.outcome);
    expect([outcomes.get('created')?.length, outcomes.get('unchanged')?.length]).toEqual([1, 3]);
    const texts = ['1', '2', '3', '4', '5'];
    await Promise.all(
      texts.map((description) => context.deployJobs([defineJob('jobs.a', { description })], owner)),
    );
    expect(await countVersions('jobs.a')).toEqual([1, 2, 3, 4, 5, 6]);
    const job = await context.getJob('jobs.a');
    expect(job.version).toBe(6);
    expect(texts).toContain(job.description);
  });

  it('does not block starts of runs: it may be waiting for a job that they lock', async () => {
    await context.deployAll([defineJob('jobs.a')]);
    await fixture.persistence.transaction(async (tx) => {
      await tx.workspaces.lock(context.workspaceId);
      expect(await context.startRun('jobs.a')).toMatchObject({ status: 'pending' });
    });
  });
});
