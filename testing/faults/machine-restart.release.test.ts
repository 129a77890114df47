/** The machine stops while packages are half loaded, and starts again: real processes, all killed at once. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPendingSite, loadedLine, type PendingSite } from '../e2e/pending/pending-site.ts';
import { createRunsLocation, runsAreContainers } from '../fixtures/runs-location.ts';
import { killProcess } from '../fixtures/kill-process.ts';
import { createSiteDisk } from './site-disk.ts';

const names = ['duckdb_append', 'filesystem_merge', 'postgres_replace'];

let site: PendingSite;
beforeAll(async () => {
  if (!runsAreContainers) site = await createPendingSite(names);
});
afterAll(() => site?.remove());

it.skipIf(runsAreContainers)('finishes what was half loaded when the machine stopped', async () => {
  const { dataDir } = site.server;
  const disk = createSiteDisk(dataDir, createRunsLocation(dataDir));
  const runs = new Map<string, string>();
  for (const name of names) {
    const { id, line } = await site.startUntil(name, { at: 'in-load', how: 'hang' });
    expect(line).toMatch(/with \d of \d jobs done/);
    runs.set(name, id);
  }
  const attempts = await disk.listBootstraps();
  expect(attempts).toHaveLength(names.length);
  const processes = (await Promise.all(attempts.map((id) => disk.listProcesses(id)))).flat();
  await site.restart(async () => {
    for (const pid of processes) killProcess(pid);
    await Promise.allSettled(attempts.map((id) => disk.killBootstrap(id)));
    await disk.killPostgres();
  });
  for (const [name, id] of runs) {
    expect((await site.finish(id)).status).toBe('failed');
    const next = await site.run(name);
    expect(next.status, next.lines.join('\n')).toBe('completed');
    expect(next.lines.join('\n')).toContain('Finished the load package');
    const isReplaced = name.endsWith('replace');
    expect(next.asked).toEqual([`asked after ${isReplaced ? 0 : 3}`]);
    expect(next.lines.at(-1)).toBe(loadedLine(isReplaced ? 3 : 6));
  }
  expect(await site.list({ only_pending: true })).toEqual([]);
});
