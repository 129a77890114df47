/**
 * A package of many megabytes is finished by the next run: after a kill of its code and, on a cluster, after the loss of its pod.
 * PUMPHOUSE_TEST_PACKAGE_MB makes it larger.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keepsObjects, runsAreContainers, runsAreInCluster } from '../../fixtures/runs-location.ts';
import { describeLargePackage } from './large-program.ts';
import { createPendingSite, type PendingSite, type Stop } from './pending-site.ts';
import { openRunPods } from './pods.ts';

const { program, rows, loadedLine } = describeLargePackage(
  Number(process.env['PUMPHOUSE_TEST_PACKAGE_MB'] ?? 30),
);
const kinds = runsAreContainers && !runsAreInCluster ? ['duckdb'] : ['duckdb', 'postgres'];
const points = ['in-normalize', 'in-load'] as const;
const cases = kinds.flatMap((kind) => points.map((at) => ({ kind, at })));
const nameOf = (kind: string, at: Stop['at'], end: string) => `${kind}_${end}_${at.replace('-', '')}`;

let site: PendingSite;
beforeAll(async () => {
  const names = ['killed', 'lost'].flatMap((end) => cases.map(({ kind, at }) => nameOf(kind, at, end)));
  site = await createPendingSite(names, { program, memoryMb: 2048 });
});
afterAll(() => site.remove());

/** @param leftBy null: only the next run has looked at what is pending on a claim */
async function expectFinished(name: string, leftBy: string | null): Promise<void> {
  const next = await site.run(name);
  expect(next.status, next.lines.join('\n')).toBe('completed');
  expect(next.asked).toEqual([`asked after ${rows}`]);
  // Not the last line: storing a large database is noted after it.
  expect(next.lines).toContain(loadedLine);
  if (leftBy !== null)
    expect(await site.list({ job_run_id: leftBy })).toEqual([expect.objectContaining({ state: 'finished' })]);
}

it.each(cases)('after its code was killed ($kind, $at)', async ({ kind, at }) => {
  const name = nameOf(kind, at, 'killed');
  const { id } = await site.startUntil(name, { at, how: 'kill' });
  expect((await site.finish(id)).status).toBe('failed');
  const step = at === 'in-load' ? 'partly_loaded' : 'extracted';
  const [left] = await site.list({ job_run_id: id });
  expect(left).toMatchObject({ state: 'pending', step });
  expect(left?.size_bytes).toBeGreaterThan(rows * 10_000);
  await expectFinished(name, id);
});

it.skipIf(!runsAreInCluster).each(cases)('after its pod was lost ($kind, $at)', async ({ kind, at }) => {
  const pods = await openRunPods(site);
  try {
    const name = nameOf(kind, at, 'lost');
    const { id } = await site.startUntil(name, { at, how: 'hang' });
    const loaded = kind === 'postgres' ? 'partly_loaded' : 'normalized';
    await pods.awaitStored(name, at === 'in-load' ? loaded : 'extracted');
    await pods.deleteByForce(id);
    expect((await site.finish(id)).status).toBe('failed');
    await expectFinished(name, keepsObjects ? id : null);
  } finally {
    await pods.close();
  }
});
