import type { AuditEntryResponse } from '@pumphouse/contract';
import type { TestServer } from '../fixtures/server.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createWorkspace, defineScriptJob, deployWorkspace } from '../fixtures/deploy-workspace.ts';
import { ownerEmail, runAdmin, startTestServer } from '../fixtures/server.ts';

let server: TestServer;
/** Secrets that commands read and print, and that must not appear in the log. */
const secrets: string[] = ['a long test password', 'another long password'];

beforeAll(async () => {
  server = await startTestServer({ PUMPHOUSE_ROLES: 'api' });
  secrets.push(server.key);
});
afterAll(() => server.remove());

async function readLog(): Promise<AuditEntryResponse[]> {
  return JSON.parse(
    await runAdmin(server, ['audit-log', '--json', '--limit', '1000']),
  ) as AuditEntryResponse[];
}

const byOperator = async () =>
  (await readLog()).filter(({ actor }) => actor.kind === 'operator').map(({ action }) => action);

it("contains an operator's actions on the machine, oldest last, and no secret", async () => {
  expect(await byOperator()).toEqual(['key.create', 'organization.create', 'person.create']);
  const workspaceId = await createWorkspace(server, 'audited');
  await deployWorkspace(server, workspaceId, { files: { 'a.py': '' }, jobs: [defineScriptJob('a')] });
  await runAdmin(
    server,
    ['create-owner', '--email', ownerEmail, '--password-stdin'],
    'another long password\n',
  );
  secrets.push(
    (await runAdmin(server, ['create-key', '--email', ownerEmail, '--workspace', workspaceId])).trim(),
  );
  for (const runs of ['3', '3', 'none'])
    await runAdmin(server, ['set-limits', '--organization', 'Default', '--concurrent-runs', runs]);
  await runAdmin(server, ['storage']);
  await runAdmin(server, ['leftovers']);
  expect((await byOperator()).slice(0, 4)).toEqual([
    'organization.set-limits',
    'organization.set-limits',
    'key.create',
    'person.set-password',
  ]);
  const log = await readLog();
  expect(log.find(({ action }) => action === 'key.create')).toMatchObject({
    workspace_id: workspaceId,
    actor: { kind: 'operator', user_agent: expect.stringContaining('pumphouse admin') as string },
    after: { kind: 'workspace', role: 'developer' },
  });
  const text = JSON.stringify(log);
  expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
});

it("contains a key's actions over HTTP, with its address", async () => {
  const { items: organizations } = await server.client.call('list_organizations', { query: {} });
  const params = { organization_id: organizations[0]?.id ?? '' };
  const { items } = await server.client.call('list_organization_audit_log', {
    params,
    query: { action: ['workspace.deploy'] },
  });
  expect(items).toMatchObject([{ actor: { kind: 'key', email: ownerEmail, address: '127.0.0.1' } }]);
});

it('survives a purge unless it is named; then it contains the purge', async () => {
  const before = (await readLog()).length;
  await runAdmin(server, ['purge', '--older-than', '0s']);
  const kept = await readLog();
  expect(kept.length).toBeGreaterThanOrEqual(before);
  await runAdmin(server, ['purge', '--older-than', '0s', '--kind', 'audit']);
  const [purge, ...others] = await readLog();
  expect(others).toEqual([]);
  expect(purge).toMatchObject({
    action: 'storage.purge',
    actor: { kind: 'operator' },
    after: { older_than: '0s', removed: { audit: { count: kept.length } } },
  });
});
