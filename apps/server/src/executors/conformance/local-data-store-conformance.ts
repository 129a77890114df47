/** Conformance tests for copies of local data. */
import { describe, expect, it } from 'vitest';
import type { SnapshotExtent } from '../contract/local-data-store.ts';
import type { ConformanceSite } from './conformance-site.ts';
import { useLocalData, type LocalDataStep } from './local-data-runs.ts';

const sparseBytes = 200 * 1024 ** 3;
const alwaysWhole = async (): Promise<boolean> => true;

/** Declares the tests of one executor. Those that need user code are skipped if it runs none. */
export function describeLocalDataStore(site: ConformanceSite): void {
  describe('local data', () => {
    const runs = useLocalData(site);
    const { run, start, describeScope } = runs;

    const test = (name: string, execute: () => Promise<void>, { ofDisk = false } = {}): void =>
      it(name, async ({ skip }) => {
        skip(ofDisk && site.executor.capabilities().localDataInObjects);
        skip(!(await runs.runsUserCode()));
        await execute();
      });

    const takeSnapshot = async (isWhole = alwaysWhole, extent: SnapshotExtent = {}) =>
      site.executor.takeSnapshot(await describeScope(), isWhole, extent);

    test('is visible in a copy as of the snapshot, and writes to the copy do not change it', async () => {
      const secret = '/etc/passwd';
      await run(
        'read-write',
        ['write', 'rows.db', 'prod rows'],
        ['write', 'deep/er/file', 'inner'],
        ['link', 'link', secret],
        ['link', 'folder', '/etc'],
        ['pipe', 'pipe'],
        ['sparse', 'sparse', sparseBytes],
      );
      const taken = await takeSnapshot();
      expect(taken?.sizeBytes).toBeGreaterThan(0);
      expect(taken?.sizeBytes).toBeLessThan(10 * 1024 * 1024);
      await run('read-write', ['write', 'rows.db', 'later rows']);
      const names = ['deep', 'deep/er', 'deep/er/file', 'folder', 'link', 'rows.db', 'sparse'];
      const look: LocalDataStep[] = [
        ['list'],
        ['read', 'rows.db'],
        ['read-link', 'link'],
        ['read-link', 'folder'],
        ['size', 'sparse'],
      ];
      const seen = [names, 'prod rows', secret, '/etc', sparseBytes];
      const changes: LocalDataStep[] = [
        ['write', 'rows.db', 'mine'],
        ['write', 'deep/er/file', 'mine'],
        ['remove', 'link'],
      ];
      expect(await run('copy', ...look, ...changes, ['read', 'rows.db'])).toEqual([
        ...seen,
        4,
        4,
        null,
        'mine',
      ]);
      expect(await run('copy', ...look, ['read', 'deep/er/file'])).toEqual([...seen, 'inner']);
      expect(await run('read-write', ['read', 'rows.db'], ['read', 'deep/er/file'])).toEqual([
        'later rows',
        'inner',
      ]);
    });

    test('is copied without disturbing processes that hold a lock on it', async () => {
      await run('read-write', ['write', 'rows.db', 'old']);
      const holder = await start('read-write', [
        ['lock', 'rows.db'],
        ['await-finish'],
        ['write-locked', 'rows.db', 'new'],
        ['read', 'rows.db'],
      ]);
      await site.harness.awaitUserCode(holder.spec);
      await takeSnapshot();
      const lock: LocalDataStep = ['lock', 'rows.db'];
      expect(await run('copy', lock, ['read', 'rows.db'])).toEqual([null, 'old']);
      await site.harness.finish(holder.spec, 0);
      expect(await holder.report()).toEqual([null, 0, true, 'new']);
    });

    test('is an empty folder without a snapshot or data', async () => {
      expect(await run('copy', ['list'], ['write', 'mine', 'x'])).toEqual([[], 1]);
      expect(await takeSnapshot()).not.toBeNull();
      expect(await run('copy', ['list'])).toEqual([[]]);
      // A snapshot taken before the first run created nothing that other users own.
      expect(await run('read-write', ['list'], ['write', 'theirs', 'x'])).toEqual([[], 1]);
    });

    test("can be copied in part, and a copy appears under its writer's folder name", async () => {
      await run('read-write', ['write', 'rows.db', 'rows'], ['write', 'kept/file', 'first']);
      await takeSnapshot(alwaysWhole, { only: 'kept' });
      const asWritten: LocalDataStep = ['read-as', 'prod', 'kept/file'];
      expect(await run('copy', ['list'], asWritten)).toEqual([['kept', 'kept/file'], 'first']);
      await takeSnapshot(alwaysWhole, { only: 'missing' });
      expect(await run('copy', ['list'])).toEqual([[]]);
    });

    it('yields no snapshot if a run began meanwhile, or if that cannot be determined', async () => {
      expect(await takeSnapshot(async () => false)).toBeNull();
      const failure = new Error('The database does not answer.');
      await expect(takeSnapshot(() => Promise.reject(failure))).rejects.toThrow(failure.message);
    });

    test('keeps the current snapshot until a new one is complete', async () => {
      await run('read-write', ['write', 'rows.db', 'first']);
      await takeSnapshot();
      await run('read-write', ['write', 'rows.db', 'second']);
      await takeSnapshot(async () => false);
      await takeSnapshot(() => Promise.reject(new Error('no answer'))).catch(() => undefined);
      expect(await run('copy', ['read', 'rows.db'])).toEqual(['first']);
      await takeSnapshot();
      expect(await run('copy', ['read', 'rows.db'])).toEqual(['second']);
    });

    // As objects, nothing is copied that could be incomplete.
    test(
      'discards an incomplete snapshot whose server went away',
      async () => {
        const listSnapshots = async () =>
          (await site.harness.createExecutor().listResources({ withSizes: false })).filter(
            ({ id, owner }) =>
              id.includes(runs.workspaceId) && (owner.kind === 'local-data' || owner.kind === 'nobody'),
          );
        const countNobodys = async () =>
          (await listSnapshots()).filter(({ owner }) => owner.kind === 'nobody').length;
        await run('read-write', ['write', 'rows.db', 'first']);
        await takeSnapshot();
        const whole = await listSnapshots();
        expect(whole.map(({ owner }) => owner)).toEqual(
          whole.map(() => ({ kind: 'local-data', workspaceId: runs.workspaceId, profile: 'prod' })),
        );
        for (const resource of whole)
          await expect(site.executor.removeResource(resource)).rejects.toMatchObject({ kind: 'config' });

        const isAsked = Promise.withResolvers<void>();
        // An executor on another machine rejects it when its connection ends.
        takeSnapshot(() => {
          isAsked.resolve();
          return new Promise(() => undefined);
        }).catch(() => undefined);
        await isAsked.promise;
        expect(await countNobodys()).toBe(1);
        expect(await run('copy', ['read', 'rows.db'])).toEqual(['first']);
        for (const resource of await listSnapshots())
          if (resource.owner.kind === 'nobody') await site.executor.removeResource(resource);
        expect(await countNobodys()).toBe(0);
        await takeSnapshot();
        expect(await listSnapshots()).toHaveLength(whole.length);
        expect(await run('copy', ['read', 'rows.db'])).toEqual(['first']);
      },
      { ofDisk: true },
    );

    test('is refreshed in a running attempt: open files stay readable, deleted files disappear', async () => {
      await run(
        'read-write',
        ['write', 'rows.db', 'old rows'],
        ['write', 'same.db', 'same'],
        ['write', 'gone.db', 'gone'],
      );
      await takeSnapshot();
      const app = await start('copy', [
        ['open', 'rows.db'],
        ['open', 'same.db'],
        ['write', 'rows.db.wal', 'changes of mine'],
        ['write', 'same.db.wal', 'changes of mine'],
        ['write', 'mine', 'x'],
        ['started'],
        ['await-replacement', 'rows.db'],
        ['await-absence', 'mine'],
        ['await-absence', 'gone.db'],
        ['read-opened', 'rows.db'],
        ['read', 'rows.db'],
        ['list'],
      ]);
      await site.harness.awaitUserCode(app.spec);
      await run('read-write', ['write', 'rows.db', 'new rows, and more'], ['remove', 'gone.db']);
      await takeSnapshot();
      await site.harness.createExecutor().refreshCopy(app.handle, await describeScope());
      expect((await app.report()).slice(6)).toEqual([
        null,
        null,
        null,
        'old rows',
        'new rows, and more',
        ['rows.db', 'same.db', 'same.db.wal'],
      ]);
    });

    // As objects, the attempt refreshes its copy itself.
    it('is not refreshed without a copy or without an attempt', async ({ skip }) => {
      skip(site.executor.capabilities().localDataInObjects);
      const { harness, executor } = site;
      const { handle } = await site.attempts.start(await harness.createSpec('ends-on-term'));
      const context = await describeScope();
      const refusal = { name: 'ExecutorError', kind: 'backend' };
      await expect(executor.refreshCopy(handle, context)).rejects.toMatchObject(refusal);
      await expect(executor.refreshCopy(harness.moveElsewhere(handle), context)).rejects.toMatchObject(
        refusal,
      );
      await executor.stop(handle, { graceSeconds: 0 });
      await expect(executor.refreshCopy(handle, context)).rejects.toMatchObject(refusal);
    });

    it('rejects names that lead out of its folder', async () => {
      for (const names of [{ workspaceId: '../x' }, { profile: '..' }]) {
        const failure = site.executor.takeSnapshot({ ...(await describeScope()), ...names }, alwaysWhole);
        await expect(failure).rejects.toMatchObject({ name: 'ExecutorError', kind: 'config' });
      }
    });
  });
}
