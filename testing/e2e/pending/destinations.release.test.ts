/** Load packages that a run did not finish are finished by the next one: with each destination and write disposition. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPendingSite, dispositions, kinds, loadedLine, type PendingSite } from './pending-site.ts';

const names = kinds.flatMap((kind) => dispositions.map((disposition) => `${kind}_${disposition}`));

let site: PendingSite;
beforeAll(async () => {
  site = await createPendingSite(names);
});
afterAll(() => site.remove());

describe.each(names)('packages of %s', (name) => {
  it('are finished after kills before normalize, and with half of the load jobs done', async () => {
    const first = await site.run(name);
    expect(first.lines.at(-1)).toBe(loadedLine(3));

    const extracted = await site.startUntil(name, { at: 'normalize', how: 'kill' });
    expect((await site.finish(extracted.id)).status).toBe('failed');
    expect(await site.list({ job_run_id: extracted.id })).toEqual([
      expect.objectContaining({ state: 'pending', step: 'extracted', pipeline_name: name }),
    ]);
    await site.expectFinished(name, extracted.id, 9);

    const halfLoaded = await site.startUntil(name, { at: 'in-load', how: 'kill' });
    expect((await site.finish(halfLoaded.id)).status).toBe('failed');
    const [done = 0, total = 0] = (/with (\d+) of (\d+) jobs done/.exec(halfLoaded.line) ?? [])
      .slice(1)
      .map(Number);
    expect(done).toBeGreaterThanOrEqual(2);
    expect(total - done).toBeGreaterThanOrEqual(2);
    expect(await site.list({ job_run_id: halfLoaded.id })).toEqual([
      expect.objectContaining({
        state: 'pending',
        step: 'partly_loaded',
        jobs_done: done,
        jobs_left: total - done,
      }),
    ]);
    await site.expectFinished(name, halfLoaded.id, 15);
  });
});

// DuckDB accepts the rows of an append once more, as dlt documents it.
describe.each(names.filter((name) => name !== 'duckdb_append'))('a job of %s', (name) => {
  it('is loaded once if its run was killed before the package said that it is complete', async () => {
    const [before] = await site.list({ pipeline_name: name });
    const last = before === undefined ? 0 : 15;
    const { id } = await site.startUntil(name, { at: 'unrecorded', how: 'kill' });
    expect((await site.finish(id)).status).toBe('failed');
    await site.expectFinished(name, id, last + 6);
  });
});
