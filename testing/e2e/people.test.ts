import type { DltClientInstall } from '../fixtures/dlt-client.ts';
import type { TestServer } from '../fixtures/server.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { eventually } from '../fixtures/eventually.ts';
import { ownerEmail, runAdmin, startTestServer } from '../fixtures/server.ts';
import { prepareDltClient } from '../fixtures/dlt-client.ts';

let install: DltClientInstall;
let server: TestServer;

beforeAll(async () => {
  install = await prepareDltClient();
  server = await startTestServer();
});
afterAll(() => server.remove());

async function call(method: string, path: string, key = server.key, body?: object) {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
}

async function createWorkspace(name: string): Promise<{ id: string; organizationId: string }> {
  const { body } = await call('GET', '/api/v1/organizations');
  const [organization] = body['items'] as { id: string }[];
  const organizationId = organization?.id ?? '';
  const made = await call('POST', `/api/v1/organizations/${organizationId}/workspaces`, server.key, {
    name,
    description: null,
  });
  return { id: String(made.body['id']), organizationId };
}

describe('the official client with a workspace key', () => {
  it('connects to its workspace and to no other, and cannot create one', async () => {
    await createWorkspace('Other');
    const { id } = await createWorkspace('Nightly');
    const { body } = await call('POST', `/pumphouse/v1/workspaces/${id}/keys`, server.key, {
      name: 'CI',
      role: 'developer',
      days: 1,
    });
    // The test's key is valid for 90 days, so the new one may be valid for one.
    const apiKey = String(body['secret']);
    expect(apiKey).toMatch(/^dlt_sa_/);
    const folder = await mkdtemp(join(tmpdir(), 'pumphouse-people-'));
    try {
      await mkdir(join(folder, '.dlt'));
      for (const file of ['.dlt/.workspace', '.dlt/config.toml', '__deployment__.py'])
        await writeFile(join(folder, file), '');
      const client = install.inWorkspace(folder, { apiBaseUrl: server.url, apiKey });
      const listed = await client.run(['workspace', 'list']);
      expect([listed.code, listed.stderr]).toEqual([0, expect.any(String)]);
      expect(listed.stdout).toContain('Nightly');
      expect(listed.stdout).not.toContain('Other');
      const other = await client.run(['--non-interactive', 'workspace', 'connect', 'Other']);
      expect(other.code).not.toBe(0);
      const connected = await client.run(['--non-interactive', 'workspace', 'connect']);
      expect([connected.code, connected.stderr]).toEqual([0, expect.any(String)]);
      const info = await client.run(['--non-interactive', 'workspace', 'info']);
      expect([info.code, info.stderr]).toEqual([0, expect.any(String)]);
      expect(info.stdout).toContain('Nightly');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    const made = await call('POST', `/api/v1/organizations/${await organizationOf(id)}/workspaces`, apiKey, {
      name: 'Mine',
      description: null,
    });
    expect(made.status).toBe(403);
  });

  async function organizationOf(workspaceId: string) {
    return String((await call('GET', `/api/v1/workspaces/${workspaceId}`)).body['organization_id']);
  }
});

describe('an operator on the command line', () => {
  const admin = (...args: string[]) => runAdmin(server, args);

  /** Keys are cached by the server for 5 s. */
  const answers = (key: string, status: number) =>
    eventually(
      `the key is answered with ${status}`,
      async () => (await call('GET', '/api/v1/me', key)).status === status,
    );

  it('creates a key, lists it, and revokes it, with the server running', async () => {
    const out = await admin('create-key', '--email', ownerEmail, '--name', 'night', '--days', '1');
    const secret = out.trim();
    expect(out).toBe(`${secret}\n`);
    expect((await call('GET', '/api/v1/me', secret)).status).toBe(200);
    const listed = JSON.parse(await admin('list-keys', '--email', ownerEmail, '--json')) as Record<
      string,
      string
    >[];
    const found = listed.find(({ name }) => name === 'night');
    expect(found).toMatchObject({ prefix: secret.slice(0, 12), state: 'good', acts_as: ownerEmail });
    expect(await admin('list-keys')).toMatch(
      new RegExp(`^${secret.slice(0, 12)} +night +${ownerEmail} `, 'm'),
    );
    await admin('revoke-key', secret.slice(0, 12));
    await answers(secret, 401);
    await expect(admin('revoke-key', secret.slice(0, 12))).rejects.toThrow(/There is no key/);
  });

  it('prints a key as a JWT, for the older client, and it ends with the key', async () => {
    const token = (await admin('create-key', '--email', ownerEmail, '--name', 'ci', '--jwt')).trim();
    expect((await call('GET', '/api/v1/me', token)).status).toBe(200);
    expect((await call('GET', '/v1/me', token)).status).toBe(200);
    const [signed = ''] = token.split(/[^.]*$/);
    expect((await call('GET', '/v1/me', `${signed}${'A'.repeat(86)}`)).status).toBe(401);
    const keys = JSON.parse(await admin('list-keys', '--json')) as Record<string, string>[];
    const { prefix = '' } = keys.find(({ name }) => name === 'ci') ?? {};
    expect(token).not.toContain(prefix);
    await admin('revoke-key', prefix);
    await answers(token, 401);
    expect((await call('GET', '/v1/me', token)).status).toBe(401);
  });

  it('disables an account, gives its organization another owner, and removes it', async () => {
    const email = 'second@example.com';
    await runAdmin(
      server,
      ['create-owner', '--email', email, '--password-stdin', '--organization', 'Second'],
      'a long test password\n',
    );
    const secret = (await admin('create-key', '--email', email)).trim();
    await admin('disable-account', '--email', email);
    await answers(secret, 401);
    await admin('enable-account', '--email', email);
    await answers(secret, 200);

    const second = ['--organization', 'Second', '--email'];
    await expect(admin('remove-member', ...second, email)).rejects.toThrow(/last owner/);
    await admin('set-member', ...second, ownerEmail, '--role', 'owner');
    await admin('remove-member', ...second, email);
    expect(await admin('list-members', '--organization', 'Second')).toMatch(
      new RegExp(`^E-MAIL.*\n${ownerEmail} +owner +\\d{4}-\\d\\d-\\d\\d\n$`),
    );
  });
});
