import { describe, expect, it } from 'vitest';
import {
  createPod,
  describeContainer,
  readLog,
  readState,
  restrictedContainer,
  restrictedPod,
  runScript,
  uniqueName,
  untilPhase,
  type GetContext,
} from './suite-pods.ts';

/** How a node starts containers, and what it gives them. */
export function describeContainers(get: GetContext): void {
  describe('containers', () => {
    it('runs init containers in order, then all containers, with shared volumes', async () => {
      const volumeMounts = [{ name: 'shared', mountPath: '/shared' }];
      const { name } = (
        await createPod(get(), {
          script: 'cat /shared/order; echo main',
          container: { volumeMounts },
          spec: {
            volumes: [{ name: 'shared', emptyDir: {} }],
            initContainers: [
              describeContainer(get(), 'first', 'echo first >> /shared/order', { volumeMounts }),
              describeContainer(get(), 'second', 'echo second >> /shared/order', { volumeMounts }),
            ],
          },
        })
      ).metadata;
      const pod = await untilPhase(get(), name, 'Succeeded');
      expect(await readLog(get(), name, '?container=main')).toBe('first\nsecond\nmain\n');
      const states = pod.status.initContainerStatuses.map((one: { state: object }) => one.state);
      expect(states).toMatchObject([
        { terminated: { reason: 'Completed' } },
        { terminated: { exitCode: 0 } },
      ]);
    });

    it('gives secrets as files and variables, once they exist', async () => {
      const { api } = get();
      const secretName = uniqueName('secret');
      const { name } = (
        await createPod(get(), {
          script: 'cat /secret/token; echo " $TOKEN $(stat -L -c %a:%g /secret/token)"',
          container: {
            volumeMounts: [{ name: 'token', mountPath: '/secret', readOnly: true }],
            env: [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: secretName, key: 'token' } } }],
          },
          spec: {
            securityContext: { ...restrictedPod, fsGroup: 60906 },
            volumes: [{ name: 'token', secret: { secretName, defaultMode: 0o400 } }],
          },
        })
      ).metadata;
      await expect
        .poll(() => readState(get(), name))
        .toMatchObject({ waiting: { reason: 'ContainerCreating' } });
      await api.send('POST', api.path('secrets'), {
        body: { metadata: { name: secretName }, stringData: { token: 'geheim' } },
      });
      await untilPhase(get(), name, 'Succeeded');
      expect(await readLog(get(), name)).toBe('geheim geheim 440:60906\n');
    });

    it('says which secret a variable lacks', async () => {
      const env = [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'none', key: 'token' } } }];
      const { name } = (await createPod(get(), { container: { env } })).metadata;
      await expect
        .poll(() => readState(get(), name))
        .toEqual({
          waiting: { reason: 'CreateContainerConfigError', message: 'secret "none" not found' },
        });
    });

    it('gives the pod its own fields', async () => {
      const log = await runScript(get(), 'cat /pod/uid /pod/labels; echo; echo "$NAME $IP"', {
        labels: { color: 'red' },
        container: {
          volumeMounts: [{ name: 'pod', mountPath: '/pod' }],
          env: [
            { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
          ],
        },
        spec: {
          volumes: [
            {
              name: 'pod',
              downwardAPI: {
                items: [
                  { path: 'uid', fieldRef: { fieldPath: 'metadata.uid' } },
                  { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
                ],
              },
            },
          ],
        },
      });
      expect(log).toMatch(/^[0-9a-f-]{36}color="red"\ntest-suite="yes"\npod-\w+ \d+\.\d+\.\d+\.\d+\n$/);
    });

    it('keeps the files of a claim between pods', async () => {
      const claim = { persistentVolumeClaim: { claimName: get().cluster.volumeClaim } };
      const more = {
        container: { volumeMounts: [{ name: 'kept', mountPath: '/kept' }] },
        spec: { volumes: [{ name: 'kept', ...claim }] },
      };
      const value = uniqueName('value');
      await runScript(get(), `echo ${value} > /kept/file`, more);
      expect(await runScript(get(), 'cat /kept/file', more)).toBe(`${value}\n`);
    });

    it('runs as the user of the pod, without more rights', async () => {
      const log = await runScript(
        get(),
        'id -u; id -g; grep -E "CapEff|NoNewPrivs" /proc/self/status; touch /tmp/x /x',
        {
          script: 'id -u; grep -E "CapEff|NoNewPrivs" /proc/self/status; touch /tmp/x 2>&1; true',
          container: { securityContext: { ...restrictedContainer, readOnlyRootFilesystem: true } },
        },
      );
      expect(log).toMatch(/^60906\nCapEff:\t0+\nNoNewPrivs:\t1\ntouch: .*Read-only file system\n$/);
    });
  });
}
