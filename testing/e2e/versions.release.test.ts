import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinLines } from '../fixtures/api-workspace.ts';
import { createClientWorkspace, type ClientWorkspace } from '../fixtures/client-workspace.ts';
import { prepareDltClient } from '../fixtures/dlt-client.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

let server: TestServer;
let parentFolder: string;
let workspace: ClientWorkspace;

// The client imports a script to find its jobs, so unguarded code would run in the client and end it.
const good = 'if __name__ == "__main__":\n    print("from the good version")\n';
const bad = `${good.replace('good', 'bad')}    raise SystemExit(3)\n`;
const password = 'swordfish-one';

beforeAll(async () => {
  const install = await prepareDltClient();
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-e2e-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn' });
  workspace = await createClientWorkspace(
    { install, server, parentFolder, name: 'versions' },
    { 'report.py': good, '.dlt/secrets.toml': `password = "${password}"\n` },
  );
  await workspace.dlthub(['run', 'report.py', '-f']);
  await workspace.write({ 'report.py': bad, '.dlt/secrets.toml': 'password = "swordfish-two"\n' });
  await workspace.dlthub(['run', 'report.py', '-f'], { expectedCode: 1 });
});

afterAll(async () => {
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

async function listVersions() {
  const params = { workspace_id: workspace.api.id };
  const { items: deployments } = await server.client.call('list_deployments', { params });
  const { items: configurations } = await server.client.call('list_configurations', { params });
  return { deployments: deployments.toReversed(), configurations: configurations.toReversed() };
}

describe('a version that does not work', () => {
  it('ends the log of its run with the reason, the next step and the code', async () => {
    const run = (await workspace.api.listRuns('jobs.report')).at(-1);
    const log = await workspace.api.readLog(run?.id ?? '');
    expect(log.at(-1)?.content).toMatch(
      /^Pumphouse: Failed \(exit_code\): The run ended with exit code 3\. Read /,
    );
  });

  it('is compared with the previous one', async () => {
    const { deployments, configurations } = await listVersions();
    const params = { workspace_id: workspace.api.id, deployment_id: deployments.at(-1)?.id ?? '' };
    const compared = await server.client.call('compare_deployments', { params });
    expect(compared.files.map(({ path, change }) => [path, change])).toEqual([['report.py', 'changed']]);
    const file = await server.client.call('compare_deployment_file', {
      params,
      query: { path: 'report.py' },
    });
    expect(file.hunks.flatMap(({ lines }) => lines.map(({ kind, text }) => [kind, text]))).toEqual([
      ['context', 'if __name__ == "__main__":'],
      ['removed', '    print("from the good version")'],
      ['added', '    print("from the bad version")'],
      ['added', '    raise SystemExit(3)'],
    ]);
    const secrets = await server.client.call('compare_configuration_file', {
      params: { workspace_id: workspace.api.id, configuration_id: configurations.at(-1)?.id ?? '' },
      query: { path: 'secrets.toml' },
    });
    expect(secrets.settings).toEqual([
      { key: 'password', change: 'changed', before: '******', after: '******' },
    ]);
  });

  it('is rolled back: the next run has the old code, and the client can deploy again', async () => {
    const { deployments } = await listVersions();
    const back = await server.client.call('roll_back_deployment', {
      params: { workspace_id: workspace.api.id, deployment_id: deployments[0]?.id ?? '' },
    });
    expect(back).toMatchObject({ version: 3, content_hash: deployments[0]?.content_hash });
    await workspace.dlthub(['job', 'trigger', 'report']);
    const run = (await workspace.api.listRuns('jobs.report')).at(-1);
    expect(await workspace.api.awaitEnd(run?.id ?? '')).toMatchObject({ number: 3, status: 'completed' });
    expect(joinLines(await workspace.api.readLog(run?.id ?? ''), 'user')).toBe('from the good version');

    // The client still has the code that was rolled back, so it differs from the latest again.
    await workspace.dlthub(['run', 'report.py', '-f'], { expectedCode: 1 });
    expect((await listVersions()).deployments.map(({ version }) => version)).toEqual([1, 2, 3, 4]);
  });
});
