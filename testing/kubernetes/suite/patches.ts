import { describe, expect, it } from 'vitest';
import { createPod, readPod, untilPhase, type GetContext } from './suite-pods.ts';

/** Changes of objects: patches and conflicts. */
export function describePatches(get: GetContext): void {
  const patch = (name: string, kind: string, body: unknown) => {
    const { api } = get();
    return api.send('PATCH', api.path(`pods/${name}`), { body, contentType: `application/${kind}+json` });
  };

  describe('changes', () => {
    it('by a merge patch set and remove labels', async () => {
      const { name } = (await createPod(get(), { labels: { a: '1', b: '2' } })).metadata;
      const patched = await patch(name, 'merge-patch', { metadata: { labels: { a: null, c: '3' } } });
      expect(patched.status).toBe(200);
      expect(patched.body.metadata.labels).toEqual({ 'test-suite': 'yes', b: '2', c: '3' });
    });

    it('by a strategic merge patch merge lists by their keys', async () => {
      const { name, uid } = (await createPod(get())).metadata;
      const owner = { apiVersion: 'v1', kind: 'Pod', name, uid };
      const change = {
        metadata: { labels: { x: 'y' }, ownerReferences: [owner] },
        spec: { activeDeadlineSeconds: 500 },
      };
      await patch(name, 'strategic-merge-patch', change);
      const other = { ...owner, uid: '00000000-0000-0000-0000-000000000000' };
      const both = await patch(name, 'strategic-merge-patch', { metadata: { ownerReferences: [other] } });
      expect(both.status).toBe(200);
      expect(both.body.metadata.ownerReferences).toHaveLength(2);
      expect(both.body.spec.activeDeadlineSeconds).toBe(500);
    });

    it('by a JSON patch change one field, or nothing', async () => {
      const { name } = (await createPod(get(), { labels: { a: '1' } })).metadata;
      const path = '/metadata/labels/a';
      const replaced = await patch(name, 'json-patch', [
        { op: 'test', path, value: '1' },
        { op: 'replace', path, value: '2' },
      ]);
      expect(replaced.body.metadata.labels.a).toBe('2');
      const failed = await patch(name, 'json-patch', [{ op: 'test', path, value: '1' }]);
      expect(failed).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
    });

    it('that change nothing make no version', async () => {
      const { name } = (await createPod(get(), { labels: { a: '1' } })).metadata;
      const { metadata } = await untilPhase(get(), name, 'Running');
      const patched = await patch(name, 'merge-patch', { metadata: { labels: { a: '1' } } });
      expect(patched.body.metadata.resourceVersion).toBe(metadata.resourceVersion);
    });

    it('of an old version are refused', async () => {
      const { api } = get();
      const { name } = (await createPod(get())).metadata;
      const { body: old } = await readPod(get(), name);
      await patch(name, 'merge-patch', { metadata: { labels: { changed: 'yes' } } });
      const refused = await api.send('PUT', api.path(`pods/${name}`), { body: old });
      expect(refused).toMatchObject({
        status: 409,
        body: {
          reason: 'Conflict',
          message: `Operation cannot be fulfilled on pods "${name}": the object has been modified; please apply your changes to the latest version and try again`,
        },
      });
    });

    it('of what a pod runs are refused', async () => {
      const { name } = (await createPod(get())).metadata;
      const refused = await patch(name, 'strategic-merge-patch', {
        spec: { containers: [{ name: 'main', command: ['true'] }] },
      });
      expect(refused).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
      expect(refused.body.message).toMatch(/spec: Forbidden: pod updates may not change fields other than/);
    });

    it('of a type that the server does not know are refused', async () => {
      const { name } = (await createPod(get())).metadata;
      expect(await patch(name, 'unknown-patch', {})).toMatchObject({ status: 415 });
    });
  });
}
