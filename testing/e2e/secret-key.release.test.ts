import { createHash, createHmac } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApiWorkspace, joinLines, type ApiWorkspace } from '../fixtures/api-workspace.ts';
import { createRunsLocation } from '../fixtures/runs-location.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { defineAppJob, findApp } from '../fixtures/app-site.ts';
import { eventually } from '../fixtures/eventually.ts';
import { findFreePort } from '../fixtures/free-port.ts';
import { ownerEmail, ownerPassword, runAdmin, startTestServer, type TestServer } from '../fixtures/server.ts';

const variable = 'swordfish of the variable';
const configured = 'swordfish of the configuration';
const signingSecret = 'a secret of some length';

const heldScript = `
import os, time

print("begun")
while not os.path.exists(f".dlt/data/{os.environ['WORKSPACE__PROFILE']}/go"):
    time.sleep(0.02)
print("done")
`;
/** Prints hashes that prove which secrets the script has; secrets themselves would be masked. */
const secretsScript = `
import hashlib, os
import dlt

for secret in (os.environ["API_PASSWORD"], dlt.secrets["api_token"]):
    print("has", hashlib.sha256(secret.encode()).hexdigest())
`;
const prove = (secret: string) => `has ${createHash('sha256').update(secret).digest('hex')}`;

let server: TestServer;
let workspaceId: string;

beforeAll(async () => {
  server = await startTestServer({ PUMPHOUSE_APPS_PORT: String(await findFreePort()) });
  workspaceId = await createWorkspace(server, 'keys');
  await deployWorkspace(server, workspaceId, {
    files: {
      'held.py': heldScript,
      'secrets_of_it.py': secretsScript,
      'hook.py': 'print("delivered")',
      'board.py': 'print("an app")',
    },
    jobs: [
      defineScriptJob('held'),
      defineScriptJob('secrets_of_it'),
      defineScriptJob('hook', ['webhook:orders']),
      defineAppJob('board', 'module'),
    ],
    configuration: { 'config.toml': '', 'secrets.toml': `api_token = "${configured}"\n` },
  });
  await server.client.call('update_workspace_variables', {
    params: { workspace_id: workspaceId },
    body: { profile: null, upserts: [{ name: 'API_PASSWORD', type: 'secret', value: variable }] },
  });
});
afterAll(() => server.remove());

const workspace = (): ApiWorkspace => createApiWorkspace(server, workspaceId);

/** Replaces the running server by another process. */
async function restart(): Promise<void> {
  await server.end('SIGTERM');
  server = await server.restart();
}

/** Kills the command after it reads a secret and before it writes it back. */
async function killRotation(dataDir: string): Promise<void> {
  const file = join(dataDir, 'paused');
  const variables = { PUMPHOUSE_PAUSE_AT: `in-key-rotation:${file}` };
  const rotation = expect(runAdmin({ dataDir, variables }, ['rotate-key'])).rejects.toThrow(
    'ended with code',
  );
  const pid = await eventually('the rotation is paused', async () =>
    existsSync(file) ? readFile(file, 'utf8') : null,
  );
  process.kill(Number(pid), 'SIGKILL');
  await rotation;
  await rm(file);
}

/**
 * Signs in on the server's pages.
 * @returns the browser's cookies
 */
async function signIn(): Promise<string> {
  const page = await fetch(`${server.url}/sign-in`);
  const form = {
    form_token: /name="form_token" value="([^"]*)"/.exec(await page.text())?.[1] ?? '',
    email: ownerEmail,
    password: ownerPassword,
  };
  const answer = await fetch(`${server.url}/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie: readCookies(page) },
    body: new URLSearchParams(form),
  });
  expect(answer.status).toBe(303);
  return readCookies(answer);
}

const readCookies = (answer: Response) =>
  answer.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ');

async function readAccount(cookie: string): Promise<string> {
  return (await fetch(`${server.url}/sign-in/account`, { headers: { cookie }, redirect: 'manual' })).text();
}

async function readAddresses() {
  const params = { workspace_id: workspaceId };
  const { webhooks } = await server.client.call('list_webhooks', { params });
  const app = await findApp(server, { id: workspaceId }, 'jobs.board');
  return { webhook: webhooks[0], app: { url: app.url, link: app.public_link?.url } };
}

async function deliver(url: string): Promise<string> {
  const body = JSON.stringify({ delivery: crypto.randomUUID() });
  const time = Math.floor(Date.now() / 1000);
  const signature = createHmac('sha256', signingSecret).update(`${time}.${body}`).digest('hex');
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-pumphouse-signature': `t=${time},v1=${signature}` },
    body,
  });
  expect(answer.status).toBe(202);
  const { started } = (await answer.json()) as { started: { job_run_id: string }[] };
  return started[0]?.job_run_id ?? '';
}

async function expectSecretsReachRuns(): Promise<void> {
  const run = await triggerJob(server, workspaceId, 'jobs.secrets_of_it');
  expect((await workspace().awaitEnd(run)).status).toBe('completed');
  const log = joinLines(await workspace().readLog(run));
  expect(log).toContain(prove(variable));
  expect(log).toContain(prove(configured));
}

it('replacing the secret key during a run lets the run complete, keeps all secrets readable, and signs no one out', async () => {
  const { dataDir } = server;
  const params = { workspace_id: workspaceId };
  const { webhook } = await readAddresses();
  await server.client.call('set_webhook_signing_secret', {
    params: { ...params, webhook_id: webhook?.id ?? '' },
    body: { signing_secret: signingSecret },
  });
  const app = await findApp(server, { id: workspaceId }, 'jobs.board');
  await server.client.call('publish_app', { params: { ...params, job_id: app.job_id }, body: {} });
  const addresses = await readAddresses();
  const cookie = await signIn();
  const held = await triggerJob(server, workspaceId, 'jobs.held');
  await workspace().awaitLine(held, 'begun');
  const keyFile = join(dataDir, 'secret.key');
  const oldKey = await readFile(keyFile, 'utf8');

  await runAdmin({ dataDir }, ['rotate-key', '--new']);
  // The running server has only the old key.
  await expect(runAdmin({ dataDir }, ['rotate-key'])).rejects.toThrow('key_rotation_refused');
  await restart();
  await expectSecretsReachRuns();
  await killRotation(dataDir);
  await expectSecretsReachRuns();
  await runAdmin({ dataDir }, ['rotate-key']);
  await runAdmin({ dataDir }, ['rotate-key', '--forget']);
  expect(existsSync(join(dataDir, 'other-secret.keys'))).toBe(false);
  await restart();

  expect(await readAddresses()).toEqual(addresses);
  expect(await readAccount(cookie)).toContain(`<strong>${ownerEmail}</strong>`);
  await expectSecretsReachRuns();
  expect((await workspace().awaitEnd(await deliver(addresses.webhook?.url ?? ''))).status).toBe('completed');
  writeFileSync(join(createRunsLocation(dataDir).locateLocalData(workspaceId, 'prod'), 'go'), '');
  expect((await workspace().awaitEnd(held)).status).toBe('completed');
  expect(joinLines(await workspace().readLog(held))).toContain('done');

  // The old key decrypts nothing any more, and a server with it refuses to start.
  await server.end('SIGTERM');
  const newKey = await readFile(keyFile, 'utf8');
  await writeFile(keyFile, oldKey);
  const refused = await server.restart({}, { untilReady: false });
  await expect.poll(() => refused.process.exitCode).toBe(1);
  await refused.awaitLogged('secret_key_missing');
  for (const key of [oldKey, newKey]) expect(refused.log()).not.toContain(key);
  await writeFile(keyFile, newKey);
  server = await server.restart();
});
