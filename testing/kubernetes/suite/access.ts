import { describe, expect, it } from 'vitest';
import { serverRules } from '../server-role.ts';
import { describePod, uniqueName, type GetContext } from './suite-pods.ts';

/** Permissions of the server's token, Pod Security and quotas. */
export function describeAccess(get: GetContext): void {
  describe('access', () => {
    it('lets the server create secrets, and not read them', async () => {
      const { api, cluster } = get();
      const { token, namespace } = cluster.connection;
      const name = uniqueName('secret');
      const body = { metadata: { name }, stringData: { a: 'b' } };
      expect(await api.send('POST', api.path('secrets'), { body, token })).toMatchObject({ status: 201 });
      const refused = await api.send('GET', api.path(`secrets/${name}`), { token });
      expect(refused).toMatchObject({
        status: 403,
        body: { reason: 'Forbidden', details: { name, kind: 'secrets' } },
      });
      expect(refused.body.message).toMatch(
        new RegExp(
          `^secrets "${name}" is forbidden: User "system:serviceaccount:.*" cannot get resource "secrets" ` +
            `in API group "" in the namespace "${namespace}"`,
        ),
      );
      expect(await api.send('GET', api.path('secrets'), { token })).toMatchObject({ status: 403 });
      const deleted = await api.send('DELETE', api.path(`secrets/${name}`), { token });
      expect(deleted).toMatchObject({
        status: 200,
        body: { kind: 'Status', status: 'Success', details: { name } },
      });
    });

    it('lets the server do nothing in other namespaces', async () => {
      const { api, cluster } = get();
      const refused = await api.send('GET', '/api/v1/namespaces/kube-system/pods', {
        token: cluster.connection.token,
      });
      expect(refused).toMatchObject({ status: 403, body: { reason: 'Forbidden' } });
    });

    it('refuses a token that it does not know', async () => {
      const { api } = get();
      expect(await api.send('GET', api.path('pods'), { token: 'nonsense' })).toMatchObject({
        status: 401,
        body: { kind: 'Status', reason: 'Unauthorized', code: 401 },
      });
    });

    it('answers what the server may do', async () => {
      const { api, cluster } = get();
      const { token, namespace } = cluster.connection;
      const review = async (resourceAttributes: object) => {
        const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
        const spec = { resourceAttributes: { namespace, ...resourceAttributes } };
        const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec };
        const reviewed = await api.send('POST', path, { token, body });
        expect(reviewed.status).toBe(201);
        return (reviewed.body as { status: { allowed: boolean } }).status.allowed;
      };
      for (const { apiGroups, resources, verbs } of serverRules) {
        const [resource = '', subresource] = (resources[0] ?? '').split('/');
        const asked = { group: apiGroups[0], resource, ...(subresource && { subresource }) };
        for (const verb of verbs)
          expect([verb, asked, await review({ ...asked, verb })]).toEqual([verb, asked, true]);
      }
      expect(await review({ resource: 'secrets', verb: 'get' })).toBe(false);
      expect(await review({ resource: 'pods', verb: 'create', namespace: 'default' })).toBe(false);
    });

    it('refuses pods that are not restricted', async (test) => {
      const { api, cluster } = get();
      test.skip(!cluster.capabilities.podSecurity, 'this cluster enforces no Pod Security');
      const name = uniqueName();
      const pod = describePod(get(), {
        name,
        spec: { securityContext: {} },
        container: { securityContext: {} },
      });
      const refused = await api.send('POST', api.path('pods'), { body: pod });
      expect(refused).toMatchObject({ status: 403, body: { reason: 'Forbidden' } });
      expect(refused.body.message).toBe(
        `pods "${name}" is forbidden: violates PodSecurity "restricted:latest": ` +
          'allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false), ' +
          'unrestricted capabilities (container "main" must set securityContext.capabilities.drop=["ALL"]), ' +
          'runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true), ' +
          'seccompProfile (pod or container "main" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
      );
    });

    it('refuses pods above a quota', async (test) => {
      const { api, cluster } = get();
      test.skip(!cluster.capabilities.faults.has('fillQuota'));
      await cluster.faults.fillQuota();
      try {
        const pod = describePod(get());
        const refused = await api.send('POST', api.path('pods'), { body: pod });
        expect(refused).toMatchObject({ status: 403, body: { reason: 'Forbidden' } });
        expect(refused.body.message).toMatch(
          /^pods ".*" is forbidden: exceeded quota: \S+, requested: pods=1, used: pods=\d+, limited: pods=\d+$/,
        );
      } finally {
        await cluster.faults.freeQuota();
      }
    });
  });
}
