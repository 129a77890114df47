import type { ApiWorkspace } from '../fixtures/api-workspace.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiWorkspace, joinLines } from '../fixtures/api-workspace.ts';
import { createOlderClient, olderWorkspace, type OlderClient } from '../fixtures/older-client.ts';
import { createPerson, type Person } from '../fixtures/agree-to-sign-in.ts';
import { createWorkspace } from '../fixtures/deploy-workspace.ts';
import { ownerEmail, runAdmin, startTestServer, type TestServer } from '../fixtures/server.ts';
import { prepareMachineWithPythons } from '../fixtures/machine-with-pythons.ts';
import { prepareOlderClient } from '../fixtures/dlt-client.ts';

/** A limit for a slow machine, on which the clients are installed first. */
const setupTimeoutMs = 600_000;

/** How each release names what the others name differently. */
const commandsByRelease = {
  '0.24.1': {
    requirement: 'dlt[duckdb]==1.25.0',
    follow: 'launch -f',
    launch: 'launch',
    followLog: 'logs',
    unschedule: 'unschedule load.py',
    unpublish: 'unpublish notebook.py',
  },
  '0.23.0': {
    requirement: 'dlt[duckdb]==1.23.0',
    follow: 'launch',
    launch: 'launch -d',
    followLog: 'logs',
    unschedule: 'unschedule load.py',
    unpublish: 'unpublish notebook.py',
  },
  '0.21.2': {
    requirement: 'dlt[duckdb]~=1.21.0',
    follow: 'launch',
    launch: 'launch -d',
    followLog: 'logs',
    unschedule: 'schedule load.py cancel',
    unpublish: 'publish notebook.py --cancel',
  },
  '0.20.1': {
    requirement: 'dlt[duckdb]>=1.20,<1.21',
    follow: 'launch',
    launch: 'launch -d',
    followLog: 'logs -f',
    unschedule: 'schedule load.py cancel',
    unpublish: 'publish notebook.py --cancel',
  },
} as const;

/**
 * Tests every command of releases of `dlt runtime` that create jobs from scripts, each on a workspace of its own.
 * Each workspace has a dlt that is too old to start jobs, as such workspaces do.
 */
export function describeOlderReleases(releases: readonly (keyof typeof commandsByRelease)[]): void {
  let server: TestServer;
  let parentFolder: string;
  let machine: Awaited<ReturnType<typeof prepareMachineWithPythons>>;
  let person: Person;

  beforeAll(async () => {
    parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-older-'));
    machine = await prepareMachineWithPythons(['3.13', '3.11']);
    server = await startTestServer({ ...machine.variables, PUMPHOUSE_LOG_LEVEL: 'warn' });
    person = await createPerson(ownerEmail);
  }, setupTimeoutMs);

  afterAll(async () => {
    await person.close();
    await server.remove();
    for (const folder of [parentFolder, machine.folder]) await rm(folder, { recursive: true, force: true });
  });

  describe.each(releases)('dlt runtime %s', (release) => {
    const commands = commandsByRelease[release];
    const { requirement } = commands;
    let client: OlderClient;
    let workspace: ApiWorkspace;

    beforeAll(async () => {
      const { '.python-version': _none, ...withoutPython } = olderWorkspace;
      workspace = createApiWorkspace(server, await createWorkspace(server, release));
      const install = await prepareOlderClient(release);
      client = await createOlderClient(
        { install, server, folder: join(parentFolder, release) },
        {
          ...withoutPython,
          // Otherwise it asks which one to use, at a terminal.
          '.dlt/config.toml': `[runtime]\nworkspace_id = "${workspace.id}"\n`,
          'requirements.txt': `${requirement}\n`,
        },
      );
      expect(await client.signIn(person)).toContain(ownerEmail);
    }, setupTimeoutMs);

    it('deploys changed code once, and lists versions', async () => {
      expect(await client.ask('info')).toContain('No deployment');
      await client.ask('deploy');
      await client.ask('deploy');
      expect(await workspace.latestDeployment()).toMatchObject({ version: 1 });
      expect(await workspace.latestConfiguration()).toMatchObject({ version: 1 });
      await client.write({ 'changed.txt': release });
      await client.ask('deployment sync');
      expect(await workspace.latestDeployment()).toMatchObject({ version: 2 });
      expect(await client.ask('configuration sync')).toContain('No changes detected');
      for (const command of ['deployment list', 'deployment info', 'deployment 1 info', 'configuration list'])
        expect(await client.ask(command)).toMatch(/[\w+/]{43}=/);
      expect(await client.ask('configuration info')).toMatch(/[\w+/]{43}=/);
      expect(await client.ask('info')).toContain('Current deployment version: 2');
    });

    it('launches scripts with a dlt that starts jobs, and follows their logs to the end', async () => {
      const output = await client.ask(`${commands.follow} load.py`);
      expect(output).toContain('the first line');
      expect(output).toContain('loaded with dlt 1.26.0');
      const [run] = await workspace.listRuns('jobs.load');
      expect(run).toMatchObject({ status: 'completed' });
      expect(joinLines(await workspace.readLog(run?.id ?? ''), 'setup')).toContain(
        `The run uses dlt[duckdb]==1.26.0 instead of ${requirement}, which is too old to start jobs.`,
      );
      expect(joinLines(await workspace.readLog(run?.id ?? ''), 'setup')).toContain(
        'Python 3.13 is the newest installed one that the workspace allows',
      );
      expect(await workspace.listPipelineRuns(run?.id ?? '')).toMatchObject([{ pipeline_name: 'orders' }]);
      expect(await client.ask(`${commands.follow} sub/deep.py`)).toContain('from the folder');
      expect(await workspace.findJob('jobs.deep')).toMatchObject({ version: 1 });
    });

    it('creates a job with a schedule, and runs it', async () => {
      const options = ['--name', 'nightly', '--schedule', '0 8 * * *', '--description', 'Every morning'];
      await client.ask(['job', 'load.py', 'create', ...options]);
      expect(await workspace.findJob('jobs.nightly')).toMatchObject({
        description: 'Every morning',
        triggers: expect.arrayContaining(['schedule:0 8 * * *']) as string[],
      });
      expect(await client.ask('job nightly info')).toContain('0 8 * * *');
      await client.ask('job-run nightly create');
      const [run] = await workspace.listRuns('jobs.nightly');
      expect(await workspace.awaitEnd(run?.id ?? '')).toMatchObject({ status: 'completed' });
    });

    it('schedules a script and ends its schedule', async () => {
      const readTriggers = async () => (await workspace.findJob('jobs.load')).triggers;
      await client.ask(['schedule', 'load.py', '30 6 * * *']);
      expect(await readTriggers()).toContain('schedule:30 6 * * *');
      await client.ask(commands.unschedule);
      expect(await readTriggers()).not.toContain('schedule:30 6 * * *');
    });

    it('shows jobs, runs and logs', async () => {
      expect(await client.ask('job list')).toContain('sub/deep.py');
      expect(await client.ask('job-run list')).toContain('completed');
      expect(await client.ask('job-run load.py list')).toContain('completed');
      expect(await client.ask('job-run load.py 1 info')).toContain('completed');
      expect(await client.ask('job-run load.py 1 logs')).toContain('loaded with dlt');
      expect(await client.ask('logs load.py')).toContain('loaded with dlt');
      expect(await client.askInVain('logs nothing.py')).toMatch(/no job|not found/i);
    });

    it('follows the log of a run, and cancels it', async () => {
      await client.ask(`${commands.launch} slow.py`);
      const [run] = await workspace.listRuns('jobs.slow');
      await workspace.awaitLine(run?.id ?? '', 'waiting');
      expect(await client.askInVain('job-run slow.py create')).toContain('(HTTP 409)');
      let log = '';
      const followed = client.run(`${commands.followLog} slow.py`, { onOutput: (text) => (log += text) });
      await expect.poll(() => log).toContain('waiting');
      await client.ask('cancel slow.py');
      expect((await followed).code).toBe(0);
      expect(await workspace.awaitEnd(run?.id ?? '')).toMatchObject({ status: 'cancelled' });
    });

    it('serves, publishes and withdraws an app', async () => {
      expect(await client.ask('serve notebook.py')).toContain('Run status: running');
      await client.ask('job notebook.py create --interactive --app-type marimo');
      expect(await workspace.findJob('jobs.notebook')).toMatchObject({ job_type: 'interactive', version: 1 });
      await client.ask('publish notebook.py');
      expect((await workspace.findJob('jobs.notebook')).public_url).not.toBeNull();
      await client.ask(commands.unpublish);
      expect((await workspace.findJob('jobs.notebook')).public_url).toBeNull();
      await client.ask('job-run notebook.py cancel');
      const [run] = await workspace.listRuns('jobs.notebook');
      await workspace.awaitEnd(run?.id ?? '');
    });

    // Release 0.20 opens only an existing one.
    it.skipIf(release === '0.20.1')('opens the dashboard of the workspace', async () => {
      const output = await client.ask('dashboard');
      expect(output).toContain((await workspace.findJob('jobs.workspace.dashboard')).job_url);
    });

    it('works with a key, as in CI, until the key is revoked', async () => {
      await client.ask('logout');
      const name = `ci-${release}`;
      const token = (
        await runAdmin(server, ['create-key', '--email', ownerEmail, '--name', name, '--jwt'])
      ).trim();
      const variables = { RUNTIME__AUTH_TOKEN: token };
      expect(await client.ask('job list', variables)).toContain('sub/deep.py');
      expect(await client.ask(`${commands.follow} sub/deep.py`, variables)).toContain('from the folder');
      const keys = (await runAdmin(server, ['list-keys'])).split('\n');
      const [prefix = ''] = keys.find((line) => line.includes(name))?.split(' ') ?? [];
      await runAdmin(server, ['revoke-key', prefix]);
      const codeOf = async () => (await client.run('job list', { variables })).code;
      await expect.poll(codeOf).toBe(255);
      expect(await client.askInVain('job list', variables)).toContain('(HTTP 401)');
    });
  });
}
