import { describe, expect, it } from 'vitest';
import { createPod, describePod, readPod, uniqueName, type GetContext } from './suite-pods.ts';

/** Creates, reads and refusals of objects. */
export function describeObjects(get: GetContext): void {
  describe('objects', () => {
    it('get an id, a version and a time, and defaults', async () => {
      const { name } = (await createPod(get())).metadata;
      const { body: pod } = await readPod(get(), name);
      expect(pod.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
      expect(pod.metadata.resourceVersion).toMatch(/^\d+$/);
      expect(pod.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(pod.spec).toMatchObject({
        serviceAccountName: 'default',
        dnsPolicy: 'ClusterFirst',
        schedulerName: 'default-scheduler',
        containers: [{ terminationMessagePath: '/dev/termination-log', resources: {} }],
      });
      expect(pod.spec.tolerations).toContainEqual({
        key: 'node.kubernetes.io/unreachable',
        operator: 'Exists',
        effect: 'NoExecute',
        // A flag of the API server.
        tolerationSeconds: expect.any(Number),
      });
      expect(pod.status.qosClass).toBe('BestEffort');
    });

    it('count versions upwards over all kinds', async () => {
      const { api } = get();
      const first = await createPod(get());
      const body = { metadata: { name: uniqueName('secret') } };
      const secret = await api.send('POST', api.path('secrets'), { body });
      const second = await createPod(get());
      const versions = [first, secret.body, second].map(({ metadata }) => Number(metadata.resourceVersion));
      expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    });

    it('are refused if their name is taken', async () => {
      const { api } = get();
      const { name } = (await createPod(get())).metadata;
      const again = await api.send('POST', api.path('pods'), { body: describePod(get(), { name }) });
      expect(again).toMatchObject({
        status: 409,
        body: {
          kind: 'Status',
          status: 'Failure',
          reason: 'AlreadyExists',
          message: `pods "${name}" already exists`,
          details: { name, kind: 'pods' },
          code: 409,
        },
      });
    });

    it('are named by the server with generateName', async () => {
      const { api } = get();
      const pod = describePod(get());
      const metadata = { generateName: 'made-' };
      const created = await api.send('POST', api.path('pods'), { body: { ...pod, metadata } });
      expect(created.status).toBe(201);
      expect(created.body.metadata.name).toMatch(/^made-[a-z0-9]{5}$/);
    });

    it.each([
      ['a name that is none', { metadata: { name: 'Not_a_name' } }, 'metadata.name', 'FieldValueInvalid'],
      [
        'a label that is none',
        { metadata: { name: 'x', labels: { a: '-' } } },
        'metadata.labels',
        'FieldValueInvalid',
      ],
      ['no image', { container: { image: '' } }, 'spec.containers[0].image', 'FieldValueRequired'],
      ['no containers', { spec: { containers: [] } }, 'spec.containers', 'FieldValueRequired'],
      [
        'a mount of nothing',
        { container: { volumeMounts: [{ name: 'none', mountPath: '/x' }] } },
        'spec.containers[0].volumeMounts[0].name',
        'FieldValueNotFound',
      ],
    ])(
      'are refused with %s',
      async (_, change: { metadata?: object; spec?: object; container?: object }, field, reason) => {
        const { api } = get();
        const pod = { ...describePod(get(), change), ...(change.metadata && { metadata: change.metadata }) };
        const refused = await api.send('POST', api.path('pods'), { body: pod });
        expect(refused).toMatchObject({ status: 422, body: { reason: 'Invalid', code: 422 } });
        expect(refused.body.message).toMatch(/^Pod ".*" is invalid: /);
        expect(refused.body.details.kind).toBe('Pod');
        expect(refused.body.details.causes).toContainEqual(expect.objectContaining({ reason, field }));
      },
    );

    it('are not found by a name that does not exist', async () => {
      expect(await readPod(get(), 'missing')).toMatchObject({
        status: 404,
        body: {
          reason: 'NotFound',
          message: 'pods "missing" not found',
          details: { name: 'missing', kind: 'pods' },
        },
      });
    });

    it('have secret values in base64', async () => {
      const { api } = get();
      const name = uniqueName('secret');
      const body = { metadata: { name }, stringData: { token: 'geheim' } };
      const created = await api.send('POST', api.path('secrets'), { body });
      expect(created.body).toMatchObject({ type: 'Opaque', data: { token: 'Z2VoZWlt' } });
      expect(created.body.stringData).toBeUndefined();
    });

    it('have a version and groups', async () => {
      const { api } = get();
      expect((await api.send('GET', '/version')).body).toMatchObject({ major: '1' });
      expect((await api.send('GET', '/api')).body).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
      const groups = (await api.send('GET', '/apis')).body.groups as { name: string }[];
      expect(groups.map(({ name }) => name)).toContain('networking.k8s.io');
      expect(await api.send('GET', '/api/v1/namespaces/x/nothings')).toMatchObject({ status: 404 });
    });
  });
}
