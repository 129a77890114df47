import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClientWorkspace, type ClientWorkspace } from '../fixtures/client-workspace.ts';
import { prepareDltClient, type DltClientInstall } from '../fixtures/dlt-client.ts';
import { runAdmin, startTestServer, type TestServer } from '../fixtures/server.ts';
import { createUnissuedKey } from '../fixtures/unissued-key.ts';

// The tests of this file are one sequence: each continues with what the previous ones deployed.

let install: DltClientInstall;
let server: TestServer;
let parentFolder: string;
let workspace: ClientWorkspace;

const shopJobs = `"""What the shop loads."""

import dlt.hub.run as run

__all__ = ["load", "nightly"]
__tags__ = ["shop", "small team"]


@run.job(expose={"tags": ["small"]})
def load():
    """Loads three rows."""


@run.job(trigger="0 3 * * *")
def nightly():
    print("good night")
`;

const weeklyJobs = `
import dlt.hub.run as run

__all__ = ["weekly"]


@run.job(trigger="0 3 * * 1")
def weekly():
    print("good week")
`;

beforeAll(async () => {
  install = await prepareDltClient();
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-deploy-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn' });
  workspace = await createClientWorkspace(
    { install, server, parentFolder, name: 'shop' },
    {
      '__deployment__.py': shopJobs,
      'weekly_jobs.py': weeklyJobs,
      'adhoc.py': 'print("ad hoc")\n',
      '.dlt/prod.secrets.toml': 'api_token = "swordfish-8231"\n',
    },
  );
});

afterAll(async () => {
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

/** Everything that a deploy can store. */
async function readStored() {
  const params = { workspace_id: workspace.api.id };
  const [deployments, configurations, jobs] = await Promise.all([
    server.client.call('list_deployments', { params }),
    server.client.call('list_configurations', { params }),
    server.client.call('list_jobs', { params }),
  ]);
  return {
    deployments: deployments.items.map(({ version }) => version),
    configurations: configurations.items.map(({ version }) => version),
    jobs: Object.fromEntries(
      jobs.items.map((job) => [job.job_ref, job.is_archived ? 'archived' : job.version]),
    ),
  };
}

/** Tags of the latest code. */
async function readTags() {
  const { id } = await workspace.api.latestDeployment();
  const params = { workspace_id: workspace.api.id, deployment_id: id };
  return (await server.client.call('get_deployment_tags', { params })).tags;
}

async function readDescription() {
  const params = { workspace_id: workspace.api.id };
  return (await server.client.call('get_workspace', { params })).description;
}

const nothing = { deployments: [], configurations: [], jobs: {} };

describe('before the first deploy', () => {
  it('workspace info shows the current state and what a deploy would add', async () => {
    const output = await workspace.dlthub(['workspace', 'info']);
    expect(output).toContain('User: owner@example.com');
    expect(output).toContain(`Workspace: shop ${workspace.api.id}`);
    expect(output).toContain(`${server.url}/w/${workspace.api.id}`);
    expect(output).toContain('# registered jobs: 0');
    expect(output).toContain('No deployment has been uploaded to this workspace');
    expect(output).toMatch(/DATA_WRITE: prod\s+DATA_READ: access/);
    expect(output).toMatch(/New jobs:\s+\+ load\s+\+ nightly \(trigger: schedule:0 3 \* \* \*\)/);
    expect(await readStored()).toEqual(nothing);
  });

  it('deploy --dry-run shows what it would do, and stores nothing', async () => {
    const output = await workspace.dlthub(['deploy', '--dry-run']);
    expect(output).toContain('Workspace files changed, skipping sync due to dry run');
    expect(output).toMatch(/New jobs:\s+\+ load\s+\+ nightly/);
    expect(await readStored()).toEqual(nothing);
  });

  it('deploy --show-manifest prints the definitions, and stores nothing', async () => {
    const output = await workspace.dlthub(['deploy', '--show-manifest']);
    expect(output).toContain('job_ref: jobs.__deployment__.load');
    expect(output).toContain('description: Loads three rows.');
    expect(output).toContain('default_trigger: schedule:0 3 * * *');
    expect(await readStored()).toEqual(nothing);
  });

  it('sync --dry-run shows the upload, and stores nothing', async () => {
    const code = await workspace.dlthub(['workspace', 'deployment', 'sync', '--dry-run']);
    expect(code).toContain('Workspace files would be uploaded');
    const configuration = await workspace.dlthub(['workspace', 'configuration', 'sync', '--dry-run']);
    expect(configuration).toContain('Workspace configuration would be uploaded');
    expect(await readStored()).toEqual(nothing);
  });

  it('missing versions are not found', async () => {
    expect(await workspace.dlthub(['workspace', 'deployment', 'list'])).toContain('No deployments found');
    const latest = await workspace.dlthub(['workspace', 'configuration', 'info'], { expectedCode: 255 });
    expect(latest).toContain("configuration 'latest' not found");
  });
});

describe('deploy', () => {
  it('uploads both packages and adds the jobs, with the description of the module', async () => {
    const output = await workspace.dlthub(['deploy']);
    expect(output).toContain('Synced changed workspace files');
    expect(output).toContain('3 added, 0 updated, 0 archived');
    expect(output).not.toContain('__tags__');
    expect(await readTags()).toEqual(['shop', 'small team']);
    expect(await readStored()).toEqual({
      deployments: [1],
      configurations: [1],
      jobs: {
        'jobs.__deployment__.load': 1,
        'jobs.__deployment__.nightly': 1,
        'jobs.workspace.dashboard': 1,
      },
    });
    expect(await readDescription()).toBe('What the shop loads.');
    const load = await workspace.api.findJob('jobs.__deployment__.load');
    expect(load.job_definition).toMatchObject({
      description: 'Loads three rows.',
      entry_point: { module: '__deployment__', function: 'load' },
    });
    expect(load.triggers?.toSorted()).toEqual(['manual:jobs.__deployment__.load', 'tag:small']);
  });

  it('of another module leaves the jobs of the first alone', async () => {
    const output = await workspace.dlthub(['deploy', '--deployment', 'weekly_jobs.py']);
    expect(output).toContain('1 job(s) found in weekly_jobs');
    expect(output).toContain('1 added, 0 updated, 0 archived');
    const { jobs, deployments } = await readStored();
    expect(jobs).toMatchObject({ 'jobs.__deployment__.load': 1, 'jobs.weekly_jobs.weekly': 1 });
    expect(deployments).toEqual([1]);
    expect(await readDescription()).toBe('What the shop loads.');
  });

  it('updates what has changed, archives what was removed, and does neither with dry-run', async () => {
    const changed = shopJobs
      .replace('"load", "nightly"', '"nightly"')
      .replace('0 3 * * *', '0 4 * * *')
      .replace('["shop", "small team"]', 'sorted(["shop"])');
    await workspace.write({ '__deployment__.py': changed });
    const before = await readStored();
    const plan = await workspace.dlthub(['deploy', '--dry-run']);
    expect(plan).toMatch(/Archived jobs:\s+- load/);
    expect(plan).toContain('nightly');
    expect(await readStored()).toEqual(before);

    const output = await workspace.dlthub(['deploy']);
    expect(output).toContain('0 added, 1 updated, 1 archived');
    expect(output.replaceAll(/\s+/g, ' ')).toContain(
      '__tags__ of __deployment__.py in code v2 has no effect: line 6 does not set it to a list of plain strings.',
    );
    expect(await readTags()).toEqual([]);
    expect(await readStored()).toMatchObject({
      deployments: [2, 1],
      configurations: [1],
      jobs: {
        'jobs.__deployment__.load': 'archived',
        'jobs.__deployment__.nightly': 2,
        'jobs.weekly_jobs.weekly': 1,
      },
    });
  });
});

describe('workspace deployment and configuration', () => {
  it('sync stores a new version only of what has changed', async () => {
    const same = await workspace.dlthub(['workspace', 'deployment', 'sync']);
    expect(same).toContain('No changes detected in the deployment');
    await workspace.write({ 'adhoc.py': 'print("changed")\n', '.dlt/prod.config.toml': 'limit = 3\n' });
    const code = await workspace.dlthub(['workspace', 'deployment', 'sync']);
    const { content_hash: codeHash } = await workspace.api.latestDeployment();
    expect(code).toContain(codeHash);
    const configuration = await workspace.dlthub(['workspace', 'configuration', 'sync']);
    expect(configuration).toContain((await workspace.api.latestConfiguration()).content_hash);
    expect(await readStored()).toMatchObject({ deployments: [3, 2, 1], configurations: [2, 1] });
  });

  it('list and info show the versions, newest last', async () => {
    const deployments = await workspace.dlthub(['workspace', 'deployment', 'list']);
    expect(readVersions(deployments)).toEqual([1, 2, 3]);
    const configurations = await workspace.dlthub(['workspace', 'configuration', 'list']);
    expect(readVersions(configurations)).toEqual([1, 2]);
    expect(configurations).toContain('prod');
    expect(readVersions(await workspace.dlthub(['workspace', 'configuration', 'info']))).toEqual([2]);
    expect(readVersions(await workspace.dlthub(['workspace', 'deployment', '1', 'info']))).toEqual([1]);
  });

  it('a version that does not exist is not found', async () => {
    const output = await workspace.dlthub(['workspace', 'deployment', '9', 'info'], { expectedCode: 255 });
    expect(output).toContain("deployment '9' not found");
  });
});

describe('run x.py', () => {
  it('deploys the script in addition to the other jobs and runs it', async () => {
    const output = await workspace.dlthub(['run', 'adhoc.py', '-f']);
    expect(output).toContain('changed');
    expect(output).toContain('Run # 1 of job jobs.adhoc finished with status: completed');
    const { jobs, deployments } = await readStored();
    expect(jobs).toMatchObject({ 'jobs.adhoc': 1, 'jobs.__deployment__.nightly': 2 });
    expect(deployments).toEqual([3, 2, 1]);
  });

  it('with an unknown category is rejected by the client itself', async () => {
    const script = '__expose__ = {"category": "spaceship"}\nprint("never")\n';
    const output = await refuseToRun('spaceship.py', script);
    expect(output).toContain('category=spaceship');
  });

  it('with a definition that only the server can reject is rejected with its position', async () => {
    const script = '__require__ = {"profile": "of staging"}\nprint("never")\n';
    const output = await refuseToRun('staging.py', script);
    expect(output).toContain("require.profile: profile 'of staging' must be letters, digits");
    expect(output).toContain('jobs.staging');
    expect(output).toContain('[invalid_job_definition]');
  });

  /** Must change no job. */
  async function refuseToRun(name: string, script: string): Promise<string> {
    await workspace.write({ [name]: script });
    const before = (await readStored()).jobs;
    const output = await workspace.dlthub(['run', name], { expectedCode: 255 });
    expect((await readStored()).jobs).toEqual(before);
    return output;
  }
});

describe('a key', () => {
  it('that does not exist is reported as invalid, and nothing is stored', async () => {
    await workspace.write({ 'adhoc.py': 'print("of a stranger")\n' });
    const before = await readStored();
    for (const key of [createUnissuedKey('personal'), createUnissuedKey('workspace')]) {
      const variables = { RUNTIME__API_KEY: key };
      const output = await workspace.dlthub(['deploy'], { expectedCode: 255, variables });
      expect(output).toContain('Your API key is not valid');
      expect(output).toContain('[not_authenticated]');
      expect(output).not.toContain(key);
    }
    expect(await readStored()).toEqual(before);
  });

  it('of another user neither finds nor lists the workspace', async () => {
    const account = ['--email', 'stranger@example.com'];
    await runAdmin(
      server,
      ['create-owner', ...account, '--password-stdin', '--organization', 'Strangers'],
      'another long password\n',
    );
    const key = (await runAdmin(server, ['create-key', ...account])).trim();
    const variables = { RUNTIME__API_KEY: key };
    const before = await readStored();
    const deployed = await workspace.dlthub(['deploy'], { expectedCode: 255, variables });
    expect(deployed).toContain(`workspace '${workspace.api.id}' not found`);
    expect(await readStored()).toEqual(before);

    expect(await workspace.dlthub(['workspace', 'list'])).toMatch(/\* shop +Default .* owner/);
    const listed = await workspace.dlthub(['workspace', 'list'], { variables });
    expect(listed).not.toContain(workspace.api.id);
    expect(listed).not.toContain('shop');
  });
});

/** Numbers in the first column of a table printed by the client. */
function readVersions(table: string): number[] {
  return [...table.matchAll(/^ +(\d+) /gm)].map(([, version]) => Number(version));
}
