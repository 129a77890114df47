import { describe, expect, it } from 'vitest';
import {
  createPod,
  deleteAndReadEnd,
  describeContainer,
  readLog,
  readState,
  scripts,
  untilGone,
  untilPhase,
  type GetContext,
} from './suite-pods.ts';

/** How containers end, and what stays of them. */
export function describeContainerEnds(get: GetContext): void {
  describe('containers that end', () => {
    it('fails the pod if an init container fails, and starts no other', async () => {
      const initContainers = [describeContainer(get(), 'first', 'exit 4')];
      const { name } = (await createPod(get(), { spec: { initContainers } })).metadata;
      await untilPhase(get(), name, 'Failed');
      expect(await readState(get(), name, 'initContainerStatuses')).toMatchObject({
        terminated: { exitCode: 4, reason: 'Error' },
      });
      expect(await readState(get(), name)).toMatchObject({ waiting: { reason: 'PodInitializing' } });
    });

    it('ends a program by TERM within its time', async () => {
      const { name } = (await createPod(get(), { script: scripts.endsOnTerm, graceSeconds: 30 })).metadata;
      await untilPhase(get(), name, 'Running');
      const end = await deleteAndReadEnd(get(), name);
      expect(end.status.containerStatuses[0].state.terminated).toMatchObject({ exitCode: 7 });
    });

    it('kills a program that ignores TERM after its time', async () => {
      const { name } = (await createPod(get(), { script: "trap '' TERM; sleep 300", graceSeconds: 1 }))
        .metadata;
      await untilPhase(get(), name, 'Running');
      const end = await deleteAndReadEnd(get(), name);
      expect(end.status.containerStatuses[0].state.terminated).toMatchObject({
        exitCode: 137,
        reason: 'Error',
      });
    });

    it('ends an init container, too', async () => {
      const initContainers = [describeContainer(get(), 'first', 'exec sleep 300')];
      const { name } = (await createPod(get(), { spec: { initContainers } })).metadata;
      await expect.poll(() => readState(get(), name, 'initContainerStatuses')).toMatchObject({ running: {} });
      await get().api.send('DELETE', get().api.path(`pods/${name}`));
      await untilGone(get(), name);
    });

    it('kills a container above its memory', async () => {
      const resources = {
        limits: { memory: '48Mi', cpu: '500m' },
        requests: { memory: '48Mi', cpu: '100m' },
      };
      const script = 'exec python3 -c "b = \'x\' * 400_000_000; print(len(b))"';
      const { name } = (await createPod(get(), { script, container: { resources } })).metadata;
      await untilPhase(get(), name, 'Failed');
      expect(await readState(get(), name)).toMatchObject({
        terminated: { reason: 'OOMKilled', exitCode: 137 },
      });
    });

    it('says which program it cannot start', async () => {
      const { name } = (await createPod(get(), { container: { command: ['/no/such/program'] } })).metadata;
      await untilPhase(get(), name, 'Failed');
      const { terminated } = await readState(get(), name);
      expect(terminated).toMatchObject({ exitCode: 128 });
      expect(terminated.reason).toMatch(/^(StartError|ContainerCannotRun)$/);
      expect(terminated.message).toContain('/no/such/program');
    });

    it('keeps the termination message', async () => {
      const { name } = (await createPod(get(), { script: 'echo because > /dev/termination-log; exit 1' }))
        .metadata;
      await untilPhase(get(), name, 'Failed');
      expect(await readState(get(), name)).toMatchObject({ terminated: { message: 'because\n' } });
    });

    it('serves the log, or a part of it', async () => {
      const { name } = (await createPod(get(), { script: 'for i in 1 2 3 4 5; do echo line $i; done' }))
        .metadata;
      await untilPhase(get(), name, 'Succeeded');
      expect(await readLog(get(), name)).toBe('line 1\nline 2\nline 3\nline 4\nline 5\n');
      expect(await readLog(get(), name, '?tailLines=2')).toBe('line 4\nline 5\n');
      expect(await readLog(get(), name, '?tailLines=1&timestamps=true')).toMatch(
        /^\d{4}-\d\d-\d\dT.*Z line 5\n$/,
      );
      expect(await readLog(get(), name, '?limitBytes=8')).toBe('line 1\nl');
      const wrong = await get().api.send('GET', get().api.path(`pods/${name}/log?container=other`));
      expect(wrong).toMatchObject({
        status: 400,
        body: { message: `container other is not valid for pod ${name}` },
      });
    });

    it('has no log of what has not begun', async () => {
      const env = [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'none', key: 'token' } } }];
      const { name } = (await createPod(get(), { container: { env } })).metadata;
      await expect
        .poll(() => readState(get(), name))
        .toMatchObject({ waiting: { reason: 'CreateContainerConfigError' } });
      expect(await get().api.send('GET', get().api.path(`pods/${name}/log`))).toMatchObject({
        status: 400,
        body: {
          reason: 'BadRequest',
          message: expect.stringContaining(`container "main" in pod "${name}" is waiting to start`),
        },
      });
    });
  });
}
