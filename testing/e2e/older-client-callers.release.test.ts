import type { ApiWorkspace } from '../fixtures/api-workspace.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiWorkspace } from '../fixtures/api-workspace.ts';
import { createOlderClient, olderWorkspace, type OlderClient } from '../fixtures/older-client.ts';
import { createPerson, type Person } from '../fixtures/agree-to-sign-in.ts';
import { createWorkspace } from '../fixtures/deploy-workspace.ts';
import { prepareOlderClient, type OlderRelease } from '../fixtures/dlt-client.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

/*
 * What `dlt runtime` tells users with less than an owner's role, for a release of each generation.
 */

/** A limit for a slow machine, on which the clients are installed first. */
const setupTimeoutMs = 600_000;

let server: TestServer;
let parentFolder: string;
let workspace: ApiWorkspace;
const people: Person[] = [];

beforeAll(async () => {
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-older-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn' });
  workspace = createApiWorkspace(server, await createWorkspace(server, 'shop'));
}, setupTimeoutMs);

afterAll(async () => {
  for (const person of people) await person.close();
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

async function createUser(email: string, link: string): Promise<Person> {
  const person = await createPerson(email);
  people.push(person);
  await person.join(link);
  return person;
}

/** A user with this role in the workspace only. */
async function createCollaborator(email: string, role: 'developer' | 'viewer'): Promise<Person> {
  const { link } = await server.client.call('create_workspace_invitation', {
    params: { workspace_id: workspace.id },
    body: { email, role },
  });
  return createUser(email, link);
}

describe.each<[release: OlderRelease, follow: string]>([
  ['0.26.1', 'launch -f'],
  ['0.23.0', 'launch'],
])('dlt runtime %s', (release, follow) => {
  const connected = () => ({ '.dlt/config.toml': `[runtime]\nworkspace_id = "${workspace.id}"\n` });

  async function createClientOf(user: string, files: Record<string, string> = {}): Promise<OlderClient> {
    const install = await prepareOlderClient(release);
    const folder = join(parentFolder, `${release}-${user}`);
    return createOlderClient({ install, server, folder }, { ...olderWorkspace, ...files });
  }

  it('offers a developer the workspace, and runs what they launch', async () => {
    const person = await createCollaborator(`developer@${release}.example.com`, 'developer');
    const client = await createClientOf('developer');
    expect(await client.signIn(person)).toContain('shop');
    await client.ask('info');
    expect(await client.readWorkspaceId()).toBe(workspace.id);
    expect(await client.ask(`${follow} sub/deep.py`)).toContain('from the folder');
  });

  it('shows a viewer what there is, and tells them what they may not do', async () => {
    const person = await createCollaborator(`viewer@${release}.example.com`, 'viewer');
    const client = await createClientOf('viewer', connected());
    await client.signIn(person);
    expect(await client.ask('job list')).toContain('deep');
    expect(await client.ask('logs jobs.deep')).toContain('from the folder');
    expect(await client.askInVain('launch sub/deep.py')).toMatch(
      /role does not have the permission.+\(HTTP 403\)/,
    );
    await client.write({ 'changed.txt': 'by a viewer' });
    expect(await client.askInVain('deploy')).toContain('(HTTP 403)');
  });

  it('creates the first workspace of a member', async () => {
    const email = `member@${release}.example.com`;
    const { items } = await server.client.call('list_organizations', { query: {} });
    const { link } = await server.client.call('create_invitation', {
      params: { organization_id: items[0]?.id ?? '' },
      body: { email, role: 'member' },
    });
    const person = await createUser(email, link);
    const client = await createClientOf('member');
    expect(await client.signIn(person)).toContain('default');
    await client.ask('info');
    expect(await client.readWorkspaceId()).not.toBe(workspace.id);
    expect(await client.ask('job list')).toContain('No jobs');
  });

  it('gives a user whose access has ended a workspace of their own', async () => {
    const email = `former@${release}.example.com`;
    const person = await createCollaborator(email, 'viewer');
    const params = { workspace_id: workspace.id };
    const { items } = await server.client.call('list_workspace_access', { params, query: {} });
    const membership_id = items.find((member) => member.email === email)?.membership_id ?? '';
    await server.client.call('remove_workspace_member', { params: { ...params, membership_id } });
    const client = await createClientOf('former');
    expect(await client.signIn(person)).not.toContain('shop');
    await client.ask('info');
    expect(await client.readWorkspaceId()).not.toBe(workspace.id);
    expect(await client.ask('job list')).toContain('No jobs');
  });
});
