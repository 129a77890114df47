import { describe, expect, it } from 'vitest';
import {
  createPod,
  needsFaults,
  readUntil,
  uniqueName,
  untilPhase,
  type GetContext,
  type PodLike,
} from './suite-pods.ts';

/** Watches: what they send, from where, and how they end. */
export function describeWatches(get: GetContext): void {
  const open = (query: Record<string, string>) => {
    const { api } = get();
    return api.watch(`${api.path('pods')}?${new URLSearchParams(query).toString()}`);
  };
  const versionNow = async () => {
    const { api } = get();
    return (
      (await api.send('GET', `${api.path('pods')}?limit=1`)).body as { metadata: { resourceVersion: string } }
    ).metadata.resourceVersion;
  };
  const deleteNow = async (name: string) => {
    const { api } = get();
    await api.send('DELETE', `${api.path(`pods/${name}`)}?gracePeriodSeconds=0`);
  };

  describe('watches', () => {
    it('send each change after a version, in order', async () => {
      const group = uniqueName('group');
      const resourceVersion = await versionNow();
      const { name } = (await createPod(get(), { labels: { group } })).metadata;
      const watch = await open({ resourceVersion, labelSelector: `group=${group}` });
      expect(watch.status).toBe(200);
      await deleteNow(name);
      const events = await readUntil(watch, ({ type }) => type === 'DELETED');
      watch.close();
      expect(events[0]).toMatchObject({
        type: 'ADDED',
        object: { kind: 'Pod', apiVersion: 'v1', metadata: { name } },
      });
      const versions = events.map(({ object }) => Number(object.metadata.resourceVersion));
      expect(versions).toEqual(versions.toSorted((a, b) => a - b));
      expect(new Set(versions).size).toBe(versions.length);
    });

    it.each(['', '0'])('begin with what exists at version "%s"', async (resourceVersion) => {
      const group = uniqueName('group');
      const { name } = (await createPod(get(), { labels: { group } })).metadata;
      const watch = await open({ resourceVersion, labelSelector: `group=${group}` });
      expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name } } });
      watch.close();
    });

    it('delete what no longer matches their selector, and add what does', async () => {
      const { api } = get();
      const group = uniqueName('group');
      const resourceVersion = await versionNow();
      const watch = await open({ resourceVersion, labelSelector: `group=${group},done!=yes` });
      const { name } = (await createPod(get(), { labels: { group } })).metadata;
      const relabel = (done: string | null) =>
        api.send('PATCH', api.path(`pods/${name}`), {
          body: { metadata: { labels: { done } } },
          contentType: 'application/merge-patch+json',
        });
      const done = await relabel('yes');
      const left = (await readUntil(watch, ({ type }) => type === 'DELETED')).at(-1);
      expect(left?.object.metadata.resourceVersion).toBe(done.body.metadata.resourceVersion);
      await relabel(null);
      const back = (await readUntil(watch, ({ type }) => type === 'ADDED')).at(-1);
      expect(back?.object.metadata.name).toBe(name);
      watch.close();
    });

    it('end after timeoutSeconds', async () => {
      const watch = await open({
        resourceVersion: await versionNow(),
        labelSelector: 'none=none',
        timeoutSeconds: '1',
      });
      expect(await watch.next()).toBeNull();
    });

    it('get 410 as an event for a version that has expired', async (test) => {
      needsFaults(test, get(), 'expireHistory');
      const resourceVersion = await versionNow();
      await createPod(get());
      await get().cluster.faults.expireHistory();
      const watch = await open({ resourceVersion });
      expect(await watch.next()).toMatchObject({
        type: 'ERROR',
        object: {
          kind: 'Status',
          status: 'Failure',
          reason: expect.stringMatching(/^(Expired|Gone)$/),
          code: 410,
        },
      });
      expect(await watch.next()).toBeNull();
    });

    it('can be resumed after a cut without losing a change', async (test) => {
      needsFaults(test, get(), 'cutWatches');
      const group = uniqueName('group');
      const labelSelector = `group=${group}`;
      const watch = await open({ resourceVersion: await versionNow(), labelSelector });
      const { name } = (await createPod(get(), { labels: { group } })).metadata;
      const [added] = await readUntil(watch, ({ type }) => type === 'ADDED');
      await get().cluster.faults.cutWatches();
      await expect.poll(() => watch.next()).toBeNull();
      await deleteNow(name);
      const resumed = await open({
        resourceVersion: added?.object.metadata.resourceVersion ?? '',
        labelSelector,
      });
      const events = await readUntil(resumed, ({ type }) => type === 'DELETED');
      resumed.close();
      expect(events.at(-1)?.object.metadata.name).toBe(name);
    });

    it('survive a restart of the server by a new list', async (test) => {
      needsFaults(test, get(), 'restartApiServer');
      const { api, cluster } = get();
      const group = uniqueName('group');
      const labelSelector = `group=${group}`;
      const { name, resourceVersion } = (await createPod(get(), { labels: { group } })).metadata;
      // Its changes make the version above an older one.
      await untilPhase(get(), name, 'Running');
      const watch = await open({ resourceVersion: await versionNow(), labelSelector });
      await cluster.faults.restartApiServer({ losesHistory: true });
      await expect.poll(() => watch.next()).toBeNull();
      const stale = await open({ resourceVersion, labelSelector });
      expect(await stale.next()).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
      stale.close();
      const listed = await api.send(
        'GET',
        `${api.path('pods')}?labelSelector=${encodeURIComponent(labelSelector)}`,
      );
      expect(listed.body.items.map((pod: PodLike) => pod.metadata.name)).toEqual([name]);
      const resumed = await open({ resourceVersion: listed.body.metadata.resourceVersion, labelSelector });
      await deleteNow(name);
      const events = await readUntil(resumed, ({ type }) => type === 'DELETED');
      resumed.close();
      expect(events.at(-1)?.object.metadata.name).toBe(name);
    });

    it('deliver late, in order, when delayed', async (test) => {
      needsFaults(test, get(), 'delayWatches');
      const group = uniqueName('group');
      const watch = await open({ resourceVersion: await versionNow(), labelSelector: `group=${group}` });
      await get().cluster.faults.delayWatches(300);
      const startedAt = Date.now();
      const { name } = (await createPod(get(), { labels: { group } })).metadata;
      await deleteNow(name);
      const events = await readUntil(watch, ({ type }) => type === 'DELETED');
      await get().cluster.faults.delayWatches(0);
      watch.close();
      expect(Date.now() - startedAt).toBeGreaterThanOrEqual(300);
      expect(events[0]?.type).toBe('ADDED');
    });
  });
}
