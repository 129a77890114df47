import type { TestServer } from '../../fixtures/server.ts';
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiWorkspace, joinLines } from '../../fixtures/api-workspace.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../../fixtures/deploy-workspace.ts';
import { endAttempts } from '../../fixtures/end-attempts.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { openServerStore } from '../../fixtures/server-store.ts';
import { runOperator, startServerOn, startTestServer } from '../../fixtures/server.ts';
import { waitingScript } from './waiting-script.ts';

let server: TestServer;
let folder: string;
let workspaceId: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-backup-'));
  server = await startTestServer({ PUMPHOUSE_BACKUP_URL: `file://${join(folder, 'backups')}` });
  workspaceId = await createWorkspace(server, 'shop');
  await deployWorkspace(server, workspaceId, {
    files: { 'short.py': 'print("short")\n', 'held.py': waitingScript, 'tick.py': 'print("tick")\n' },
    jobs: [
      defineScriptJob('short'),
      defineScriptJob('held'),
      defineScriptJob('tick', ['schedule:* * * * * */2']),
    ],
  });
});
afterAll(async () => {
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

const variables = () => ({ PUMPHOUSE_BACKUP_URL: `file://${join(folder, 'backups')}` });
const backup = (dataDir: string, ...args: string[]) =>
  runOperator({ dataDir, variables: variables() }, ['backup', ...args]);

describe('a server with PUMPHOUSE_BACKUP_URL', () => {
  it('makes its first backup by itself', async () => {
    const listed = await eventually('the first backup is there', async () => {
      const { stdout } = await backup(server.dataDir, 'list', '--json');
      const backups = JSON.parse(stdout) as { id: string; encrypted: boolean }[];
      return backups.length > 0 ? backups : null;
    });
    expect(listed).toMatchObject([{ encrypted: false }]);
    // The server finishes its task after the backup is listed.
    await expect
      .poll(async () =>
        (await server.client.call('get_system', {})).checks.find(({ id }) => id === 'backups'),
      )
      .toMatchObject({ status: 'ok' });
  });
});

describe('a restore', () => {
  it('continues elsewhere what a lost server did: history, logs, secrets, keys and schedules', async () => {
    const workspace = createApiWorkspace(server, workspaceId);
    const ended = await triggerJob(server, workspaceId, 'jobs.short');
    await workspace.awaitEnd(ended);
    const active = await triggerJob(server, workspaceId, 'jobs.held');
    await workspace.awaitLine(active, 'begun');
    const created = await backup(server.dataDir, 'create', '--json');
    expect(created).toMatchObject({ code: 0 });
    expect(JSON.parse(created.stdout)).toMatchObject({
      missing_logs: 0,
      local_data: 'disks',
      active_runs: expect.any(Number) as number,
    });
    const leftOut = expect.stringContaining('Not in the backup: local data') as string;
    expect(await backup(server.dataDir, 'verify')).toMatchObject({ code: 0, stderr: leftOut });
    const takenAt = Date.parse((JSON.parse(created.stdout) as { taken_at: string }).taken_at);
    await server.end('SIGKILL');
    await endAttempts(server.dataDir);

    const dataDir = join(folder, 'elsewhere');
    const refused = await backup(dataDir, 'restore');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('secret.key') as string });
    await copyFile(join(server.dataDir, 'secret.key'), join(dataDir, 'secret.key'));
    const restored = await backup(dataDir, 'restore');
    expect(restored).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('have failed as lost') as string,
    });

    const restartedAt = Date.now();
    const second = await startServerOn(dataDir, server.key);
    try {
      const elsewhere = createApiWorkspace(second, workspaceId);
      expect(joinLines(await elsewhere.readLog(ended), 'user')).toBe('short');
      expect(joinLines(await elsewhere.readLog(active), 'user')).toBe('begun');
      expect((await elsewhere.getRun(active)).status).toBe('failed');
      await expectRestoreRecorded(second, created.stdout);
      await awaitNewTick(second, { takenAt, restartedAt });
      const again = await triggerJob(second, workspaceId, 'jobs.short');
      expect((await elsewhere.awaitEnd(again)).status).toBe('completed');
      expect((await backup(dataDir, 'restore')).stderr).toContain('The database is in use');
    } finally {
      await second.remove();
    }
  });

  it('is refused for a backup that is damaged, and leaves no database behind that would start', async () => {
    const [pack = ''] = await readdir(join(folder, 'backups', 'packs'));
    await rm(join(folder, 'backups', 'packs', pack));
    const dataDir = join(folder, 'damaged');
    const refused = await backup(dataDir, 'restore');
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain('secret.key');
    await copyFile(join(server.dataDir, 'secret.key'), join(dataDir, 'secret.key'));
    expect((await backup(dataDir, 'restore')).stderr).toMatch(/is not complete: packs\/.* is missing/);
    expect(await backup(dataDir, 'verify')).toMatchObject({ code: 1 });
  });
});

async function expectRestoreRecorded(second: TestServer, created: string): Promise<void> {
  const { id, taken_at, version } = JSON.parse(created) as Record<string, string>;
  const { items: organizations } = await second.client.call('list_organizations', { query: {} });
  const params = { organization_id: organizations[0]?.id ?? '' };
  const query = { action: ['installation.restore'] };
  const { items } = await second.client.call('list_organization_audit_log', { params, query });
  expect(items).toMatchObject([
    { actor: { kind: 'operator' }, target: { kind: 'backup', name: id }, after: { taken_at, version } },
  ]);
}

/** Waits for a new tick, and checks that those missed before the restart started one run together. */
async function awaitNewTick(
  second: TestServer,
  { takenAt, restartedAt }: { takenAt: number; restartedAt: number },
): Promise<void> {
  const startedAt = Date.now();
  const store = await openServerStore(second);
  try {
    const ticks = await eventually('the schedule goes on', async () => {
      const rows = await store.database.query<{ tickAt: Date }>(
        `select tick_at as "tickAt" from job_runs where tick_at is not null order by tick_at`,
      );
      return rows.some(({ tickAt }) => tickAt.getTime() > startedAt) ? rows : null;
    });
    const missed = ticks.filter(({ tickAt }) => tickAt.getTime() > takenAt && tickAt.getTime() < restartedAt);
    expect(missed.length).toBeLessThanOrEqual(1);
  } finally {
    await store.close();
  }
}
