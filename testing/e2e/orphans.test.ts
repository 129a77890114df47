import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { beginUpload } from '../fixtures/refused-upload.ts';
import { createWorkspace } from '../fixtures/deploy-workspace.ts';
import { eventually } from '../fixtures/eventually.ts';
import { runsAreContainers } from '../fixtures/runs-location.ts';
import { runAdmin, startTestServer, type TestServer } from '../fixtures/server.ts';

const unknownReason = 'this database has no run of this attempt: it may be of a server with another database';

let server: TestServer;
let old: string;
let young: string;
let localData: string;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.remove());

/** A folder in the data folder with a file in it, last changed this many minutes ago. */
async function makeFolder(path: string, minutes: number): Promise<string> {
  const folder = join(server.dataDir, path);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'file'), 'x'.repeat(10_000));
  const at = new Date(Date.now() - minutes * 60_000);
  await utimes(folder, at, at);
  return folder;
}

beforeEach(async () => {
  old = await makeFolder(`attempts/${randomUUID()}`, 150);
  young = await makeFolder(`attempts/${randomUUID()}`, 0);
  localData = await makeFolder(`local-data/${randomUUID()}/prod`, 150);
});

const findLine = (table: string, path: string) =>
  table
    .split('\n')
    .find((line) => line.includes(path))
    ?.split(/ {2,}/);

// The folders are the process executor's. For containers see testing/faults/orphans.release.test.ts and the
// executor's own tests.
describe.skipIf(runsAreContainers)('admin leftovers', () => {
  it('shows what is removed and what stays, and removes nothing', async () => {
    const table = await runAdmin(server, ['leftovers']);
    expect(table.split('\n')[0]).toMatch(/^KIND +NAME +AGE +SIZE +STATE +REASON$/);
    const size = expect.stringMatching(/^1\d(\.\d)? kB$/) as string;
    expect(findLine(table, old)).toEqual(['folder', old, '2 h', size, 'unknown', unknownReason]);
    expect(findLine(table, young)?.slice(3)).toEqual([size, 'kept', 'its owner is not recorded yet']);
    expect(findLine(table, localData)?.slice(4)).toEqual([
      'kept',
      'the data of a deleted workspace: an operator has to remove it',
    ]);
    expect([old, young, localData].map((path) => existsSync(path))).toEqual([true, true, true]);
  });

  it('prints the same for scripts', async () => {
    const listed = JSON.parse(await runAdmin(server, ['leftovers', '--json'])) as Record<string, unknown>[];
    const attempt = listed.find(({ id }) => id === old);
    expect(attempt).toMatchObject({
      kind: 'folder',
      owner: { kind: 'attempt', attemptId: old.split('/').at(-1) },
      is_leftover: false,
      is_unknown: true,
      reason: unknownReason,
    });
    expect(attempt?.['size_bytes']).toBeGreaterThanOrEqual(10_000);
    expect(Date.parse(String(attempt?.['made_at']))).toBeLessThan(Date.now() - 149 * 60_000);
  });

  it('removes orphaned resources, with and without a running server', async () => {
    const unknown = await runAdmin(server, ['leftovers', '--remove']);
    expect(unknown).not.toContain(old);
    const removed = await runAdmin(server, ['leftovers', '--remove', '--unknown']);
    expect(removed.split('\n')[0]).toMatch(/^KIND +REMOVED +AGE +REASON$/);
    expect(findLine(removed, old)).toEqual(['folder', old, '2 h', unknownReason]);
    expect(removed).not.toContain(young);
    expect([old, young, localData].map((path) => existsSync(path))).toEqual([false, true, true]);
    const next = await makeFolder(`environments/key-${randomUUID().slice(0, 8)}`, 150);
    await server.end('SIGTERM');
    expect(await runAdmin(server, ['leftovers', '--remove'])).not.toContain(next);
    const options = ['--remove', '--unknown', '--json'];
    const rest = JSON.parse(await runAdmin(server, ['leftovers', ...options])) as { id: string }[];
    expect(rest.map(({ id }) => id)).toContain(next);
    expect(existsSync(next)).toBe(false);
    server = await server.restart();
  });
});

describe('an upload whose server is killed in the middle', () => {
  it('is listed by the next server, and removed once no server can still receive it', async () => {
    const workspaceId = await createWorkspace(server, 'cut-short');
    const uploads = join(server.dataDir, 'uploads');
    const upload = await beginUpload(server, workspaceId, 2);
    // The server that is killed closes it.
    upload.on('error', () => undefined).write(Buffer.alloc(1024 * 1024));
    const [name = ''] = await eventually('the server receives the upload', async () => {
      const names = await readdir(uploads);
      return names.length > 0 && names;
    });
    const path = join(uploads, name);
    await server.end('SIGKILL');
    upload.destroy();
    server = await server.restart();
    const state = (table: string) => findLine(table, path)?.slice(4);
    expect(state(await runAdmin(server, ['leftovers']))).toEqual(['kept', 'an upload may be in progress']);
    const at = new Date(Date.now() - 61 * 60_000);
    await utimes(path, at, at);
    const reason = 'the server that received it was killed';
    expect(state(await runAdmin(server, ['leftovers']))).toEqual(['orphaned', reason]);
    const removed = await runAdmin(server, ['leftovers', '--remove']);
    expect(findLine(removed, path)?.slice(3)).toEqual([reason]);
    expect(await readdir(uploads)).toEqual([]);
  });
});

describe('a data folder of another installation', () => {
  it('is rejected by the command and by a server, with what to do', async () => {
    const path = join(server.dataDir, 'installation');
    const own = await readFile(path, 'utf8');
    await server.end('SIGTERM');
    await writeFile(path, `${randomUUID()}\n`);
    const text = /belongs to installation .* the database to installation .*PUMPHOUSE_DATA_DIR/;
    await expect(runAdmin(server, ['leftovers', '--remove'])).rejects.toThrow(text);
    await expect(server.restart()).rejects.toThrow(text);
    expect(existsSync(old)).toBe(true);
    await writeFile(path, own);
    server = await server.restart();
  });
});
