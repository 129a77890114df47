import { describe, expect, it } from 'vitest';
import {
  createPod,
  readPod,
  readUntil,
  scripts,
  uniqueName,
  untilGone,
  untilPhase,
  type GetContext,
} from './suite-pods.ts';

/** Deletions: graceful, conditional, in bulk and by owners. */
export function describeDeletion(get: GetContext): void {
  const remove = (name: string, body?: object) => {
    const { api } = get();
    return api.send('DELETE', api.path(`pods/${name}`), body === undefined ? {} : { body });
  };

  describe('deletion', () => {
    it('marks a running pod, and removes it after its end', async () => {
      const { api } = get();
      const { name } = (await createPod(get())).metadata;
      const { metadata } = await untilPhase(get(), name, 'Running');
      const watch = await api.watch(
        `${api.path('pods')}?resourceVersion=${metadata.resourceVersion}&fieldSelector=metadata.name%3D${name}`,
      );
      const deleted = await remove(name);
      expect(deleted.status).toBe(200);
      expect(deleted.body.metadata.deletionTimestamp).toMatch(/Z$/);
      expect(deleted.body.metadata.deletionGracePeriodSeconds).toBe(1);
      const events = await readUntil(watch, ({ type }) => type === 'DELETED');
      watch.close();
      expect(events[0]).toMatchObject({
        type: 'MODIFIED',
        object: { metadata: { deletionGracePeriodSeconds: 1 } },
      });
      expect(await readPod(get(), name)).toMatchObject({ status: 404 });
    });

    it('is refused for another uid', async () => {
      const { name, uid } = (await createPod(get())).metadata;
      const other = '00000000-0000-0000-0000-000000000000';
      const refused = await remove(name, { preconditions: { uid: other } });
      expect(refused).toMatchObject({
        status: 409,
        body: { reason: 'Conflict', details: { name, kind: 'Pod' } },
      });
      expect(refused.body.message).toMatch(
        new RegExp(
          `the UID in the precondition \\(${other}\\) does not match the UID in record \\(${uid}\\)`,
        ),
      );
      expect(await remove(name, { preconditions: { uid } })).toMatchObject({ status: 200 });
      await untilGone(get(), name);
    });

    it('removes at once without a grace period, and the name is free', async () => {
      const { name, uid } = (await createPod(get())).metadata;
      await untilPhase(get(), name, 'Running');
      expect(await remove(name, { gracePeriodSeconds: 0 })).toMatchObject({ status: 200 });
      expect(await readPod(get(), name)).toMatchObject({ status: 404 });
      expect((await createPod(get(), { name })).metadata.uid).not.toBe(uid);
    });

    it('removes a finished pod at once', async () => {
      const { name } = (await createPod(get(), { script: scripts.succeeds })).metadata;
      await untilPhase(get(), name, 'Succeeded');
      expect(await remove(name)).toMatchObject({ status: 200 });
      expect(await readPod(get(), name)).toMatchObject({ status: 404 });
    });

    it('is not found twice', async () => {
      expect(await remove('missing')).toMatchObject({ status: 404, body: { reason: 'NotFound' } });
    });

    it('of a collection keeps what does not match', async () => {
      const { api } = get();
      const group = uniqueName('group');
      const done = (await createPod(get(), { labels: { group }, script: scripts.succeeds })).metadata.name;
      const running = (await createPod(get(), { labels: { group } })).metadata.name;
      await untilPhase(get(), done, 'Succeeded');
      await untilPhase(get(), running, 'Running');
      const query = `labelSelector=group%3D${group}&fieldSelector=status.phase%3DSucceeded`;
      const { token } = get().cluster.connection;
      expect(await api.send('DELETE', `${api.path('pods')}?${query}`, { token })).toMatchObject({
        status: 200,
      });
      await untilGone(get(), done);
      expect(await readPod(get(), running)).toMatchObject({ status: 200 });
    });

    it('takes what a pod owns with it', async () => {
      const { api } = get();
      const { name, uid } = (await createPod(get())).metadata;
      const ownerReferences = [{ apiVersion: 'v1', kind: 'Pod', name, uid }];
      const metadata = { name: uniqueName('owned'), ownerReferences };
      const ports = [{ port: 80 }];
      const owned = [
        [api.path('secrets'), { metadata }],
        [api.path('services'), { metadata, spec: { selector: { app: 'x' }, ports } }],
        [api.path('networkpolicies', 'networking.k8s.io'), { metadata, spec: { podSelector: {} } }],
      ] as const;
      for (const [path, body] of owned) expect((await api.send('POST', path, { body })).status).toBe(201);
      await remove(name);
      for (const [path] of owned)
        await expect.poll(async () => (await api.send('GET', `${path}/${metadata.name}`)).status).toBe(404);
    });

    it('takes what is created after its owner has gone', async () => {
      const { api } = get();
      const { name, uid } = (await createPod(get())).metadata;
      await remove(name, { gracePeriodSeconds: 0 });
      const ownerReferences = [{ apiVersion: 'v1', kind: 'Pod', name, uid }];
      const metadata = { name: uniqueName('owned'), ownerReferences };
      expect(await api.send('POST', api.path('secrets'), { body: { metadata } })).toMatchObject({
        status: 201,
      });
      await expect
        .poll(async () => (await api.send('GET', api.path(`secrets/${metadata.name}`))).status)
        .toBe(404);
    });
  });
}
