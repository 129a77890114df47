import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../fixtures/eventually.ts';
import type { TestCluster } from '../cluster.ts';
import { KubeClient } from './kube-client.ts';
import { PodWatch } from './pod-watch.ts';
import { startRealCluster } from './real-cluster.ts';
import { describeRestrictedPod, waitForSignal } from './restricted-pod.ts';

describe('a real cluster', () => {
  let cluster: TestCluster;
  let server: KubeClient;
  let watch: PodWatch;
  let core: string;

  beforeAll(async () => {
    cluster = await startRealCluster();
    const { apiUrl: url, caCertificate: certificate, token, namespace } = cluster.connection;
    server = new KubeClient({ url, certificate, token });
    core = `/api/v1/namespaces/${namespace}`;
    watch = await PodWatch.open(cluster.connection);
  });

  afterAll(async () => {
    watch.close();
    await cluster.remove();
  });

  type PodOptions = Partial<Parameters<typeof describeRestrictedPod>[0]>;
  const createPod = (name: string, script: string, options: PodOptions = {}) => {
    const pod = describeRestrictedPod({ name, script, image: cluster.image, ...options });
    return server.call('POST', `${core}/pods`, pod);
  };
  const startPod = async (name: string, script = waitForSignal) => {
    await createPod(name, script);
    return watch.waitFor(name, 'ran', ({ status }) => status?.phase === 'Running');
  };
  const waitForEnd = async (name: string) => {
    const pod = await watch.waitFor(name, 'ended', ({ status }) =>
      ['Succeeded', 'Failed'].includes(status?.phase ?? ''),
    );
    const { exitCode, reason } = pod.status?.containerStatuses?.[0]?.state?.terminated ?? {};
    return { phase: pod.status?.phase, exitCode, reason };
  };
  const waitForReason = (name: string, reason: string) =>
    watch.waitFor(
      name,
      `waited for ${reason}`,
      ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === reason,
    );

  it('runs restricted pods to their end, and a watch has their exit codes', async () => {
    await createPod('succeeds', 'echo hello');
    await createPod('fails', 'exit 7');
    expect(await waitForEnd('succeeds')).toMatchObject({
      phase: 'Succeeded',
      exitCode: 0,
      reason: 'Completed',
    });
    expect(await waitForEnd('fails')).toMatchObject({ phase: 'Failed', exitCode: 7, reason: 'Error' });
    expect(await server.call('GET', `${core}/pods/succeeds/log?tailLines=50`)).toBe('hello\n');
  });

  it('calls a container that the kernel killed for memory OOMKilled', async () => {
    await createPod('takes-memory', 'tail /dev/zero');
    await startPod('loses-memory');
    await cluster.faults.killForMemory('loses-memory');
    for (const name of ['takes-memory', 'loses-memory'])
      expect(await waitForEnd(name)).toMatchObject({ phase: 'Failed', exitCode: 137, reason: 'OOMKilled' });
  });

  it('evicts a pod, which gets its grace period', async () => {
    await startPod('evicted');
    await cluster.faults.evictPod('evicted');
    const last = await watch.waitForRemoval('evicted');
    expect(last.status?.containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(0);
    const graces = watch.events
      .filter(({ object }) => object.metadata?.name === 'evicted')
      .map(({ object }) => object.metadata?.deletionGracePeriodSeconds);
    expect(graces).toContain(30);
  });

  it('fails a pod that the kubelet evicts because its node lacks memory, and keeps its object', async () => {
    await startPod('in-the-way');
    await cluster.faults.evictForNodeMemory('in-the-way');
    const { status, metadata } = await watch.waitFor(
      'in-the-way',
      'failed',
      (pod) => pod.status?.phase === 'Failed',
    );
    expect(status?.reason).toBe('Evicted');
    expect(status?.message).toMatch(/^The node was low on resource: memory/);
    expect(metadata?.deletionTimestamp).toBeUndefined();
  });

  it('preempts a pod for another one of higher priority', async () => {
    await startPod('preempted');
    await cluster.faults.preemptPod('preempted');
    await watch.waitForRemoval('preempted');
  });

  it('drains a node: its pods are evicted, and new ones go elsewhere', async () => {
    const [first, second] = cluster.nodes;
    expect((await startPod('drained')).spec?.nodeName).toBe(first);
    await cluster.faults.uncordonNode(second);
    await cluster.faults.drainNode(first);
    await watch.waitForRemoval('drained');
    expect((await startPod('elsewhere')).spec?.nodeName).toBe(second);
    await cluster.faults.uncordonNode(first);
    await cluster.faults.drainNode(second);
    await watch.waitForRemoval('elsewhere');
  });

  it('tells which image is missing, and runs the pod once there is one', async () => {
    await cluster.faults.removeImage();
    await createPod('not-pulled', 'true', { pullPolicy: 'Never' });
    await createPod('pulled', 'true');
    await waitForReason('not-pulled', 'ErrImageNeverPull');
    const { status } = await waitForReason('pulled', 'ErrImagePull');
    expect(status?.containerStatuses?.[0]?.state?.waiting?.message).toContain(cluster.image);
    await waitForReason('pulled', 'ImagePullBackOff');
    await cluster.faults.restoreImage();
    expect(await waitForEnd('not-pulled')).toMatchObject({ exitCode: 0 });
    expect(await waitForEnd('pulled')).toMatchObject({ exitCode: 0 });
  });

  it('tells why no node takes a pod', async () => {
    await createPod('too-large', 'true', { cpu: '1000' });
    const isRefused = (condition: { type: string; reason?: string }) =>
      condition.type === 'PodScheduled' && condition.reason === 'Unschedulable';
    const { status } = await watch.waitFor('too-large', 'was unschedulable', (pod) =>
      (pod.status?.conditions ?? []).some(isRefused),
    );
    expect(status?.conditions?.find(isRefused)?.message).toContain('Insufficient cpu');
    await server.call('DELETE', `${core}/pods/too-large`);
    await watch.waitForRemoval('too-large');
  });

  it('refuses a pod over the quota with 403', async () => {
    await cluster.faults.fillQuota();
    const pod = describeRestrictedPod({ name: 'over-quota', image: cluster.image, script: 'true' });
    const { status, body } = await server.ask<{ message: string }>('POST', `${core}/pods`, pod);
    expect(status).toBe(403);
    expect(body.message).toContain('exceeded quota');
    await cluster.faults.freeQuota();
    await createPod('within-quota', 'true');
    expect(await waitForEnd('within-quota')).toMatchObject({ exitCode: 0 });
  });

  it('lets the server create and delete secrets, and read none', async () => {
    const secret = { metadata: { name: 'attempt' }, stringData: { token: 'swordfish' } };
    await server.call('POST', `${core}/secrets`, secret);
    for (const path of [`${core}/secrets/attempt`, `${core}/secrets`, '/api/v1/secrets', '/api/v1/nodes'])
      expect((await server.ask('GET', path)).status, path).toBe(403);
    expect((await server.ask('POST', `${core}/pods/succeeds/exec`)).status).toBe(403);
    await server.call('DELETE', `${core}/secrets/attempt`);
  });

  it('connects pods with this machine, in both directions', async () => {
    const host = createServer((_request, response) => response.end('from the host'));
    await once(host.listen(0, cluster.hostAddressForPods), 'listening');
    const { port } = host.address() as AddressInfo;
    const url = `http://${cluster.hostAddressForPods}:${port}`;
    await createPod('calls', `python3 -c "import urllib.request as r; print(r.urlopen('${url}').read())"`);
    expect(await waitForEnd('calls')).toMatchObject({ exitCode: 0 });
    expect(await server.call('GET', `${core}/pods/calls/log`)).toBe("b'from the host'\n");
    host.close();

    const { status } = await startPod('serves', 'cd /etc/ssl && exec python3 -m http.server 8080');
    const ask = async () => {
      const sent = request({ host: status?.podIP, port: 8080 }).end();
      const [response] = await once(sent, 'response');
      return text(response);
    };
    expect(await eventually('the pod answered', ask)).toContain('certs');
    await server.call('DELETE', `${core}/pods/serves?gracePeriodSeconds=0`);
  });

  it('shares the volume between pods of all nodes', async () => {
    const volumes = [{ name: 'shared', persistentVolumeClaim: { claimName: cluster.volumeClaim } }];
    const createOn = async (nodeName: string, name: string, script: string) => {
      const pod = describeRestrictedPod({ name, image: cluster.image, script });
      const [container] = pod.spec.containers;
      const mounted = { ...container, volumeMounts: [{ name: 'shared', mountPath: '/shared' }] };
      const spec = {
        ...pod.spec,
        volumes,
        containers: [mounted],
        nodeSelector: { 'kubernetes.io/hostname': nodeName },
      };
      await server.call('POST', `${core}/pods`, { ...pod, spec });
      return waitForEnd(name);
    };
    const [first = '', second = ''] = cluster.nodes;
    await cluster.faults.uncordonNode(second);
    expect(await createOn(first, 'writes', 'echo shared > /shared/file')).toMatchObject({ exitCode: 0 });
    expect(await createOn(second, 'reads', 'grep shared /shared/file')).toMatchObject({ exitCode: 0 });
    await cluster.faults.drainNode(second);
  });

  it('keeps everything when the API server restarts, and watches resume', async () => {
    await startPod('outlives');
    await cluster.faults.cutWatches();
    await cluster.faults.restartApiServer();
    const resumed = await PodWatch.open(cluster.connection);
    await resumed.waitFor('outlives', 'still ran', ({ status }) => status?.phase === 'Running');
    await server.call('DELETE', `${core}/pods/outlives`);
    await resumed.waitForRemoval('outlives');
    resumed.close();
  });

  it('answers 410 to versions and pages from before the history expired', async () => {
    type PodList = { metadata: { resourceVersion: string; continue: string } };
    const { metadata: page } = await server.call<PodList>('GET', `${core}/pods?limit=1`);
    await createPod('after-page', 'true');
    await cluster.faults.expireHistory();
    const next = await server.ask('GET', `${core}/pods?limit=1&continue=${page.continue}`);
    expect(next).toMatchObject({ status: 410, body: { reason: 'Expired' } });
    const stale = await PodWatch.open(cluster.connection, page.resourceVersion);
    expect(await eventually('the watch got an error', () => stale.error)).toMatchObject({ code: 410 });
  });

  it('makes requests fail', async () => {
    const path = /\/pods$/;
    await cluster.faults.failNext({ method: 'GET', path, failure: 503, retryAfterSeconds: 1 });
    expect(await server.ask('GET', `${core}/pods`)).toMatchObject({ status: 503 });
    await cluster.faults.failNext({ method: 'GET', path, failure: 'reset' });
    await expect(server.ask('GET', `${core}/pods`)).rejects.toThrow();
    await cluster.faults.failNext({ method: 'POST', path, failure: 'answer-lost' });
    await expect(createPod('lost-answer', 'true')).rejects.toThrow();
    expect((await server.ask('GET', `${core}/pods/lost-answer`)).status).toBe(200);
  });

  it('deletes the pods of a lost node, whose objects stay until it returns or is removed', async () => {
    const fresh = await PodWatch.open(cluster.connection);
    await createPod('on-lost-node', waitForSignal);
    const running = await fresh.waitFor('on-lost-node', 'ran', ({ status }) => status?.phase === 'Running');
    const node = running.spec?.nodeName;
    await cluster.faults.loseNode(node);
    await fresh.waitFor(
      'on-lost-node',
      'was being deleted',
      ({ metadata }) => metadata?.deletionTimestamp !== undefined,
    );
    expect((await server.ask('GET', `${core}/pods/on-lost-node`)).status).toBe(200);
    await cluster.faults.returnNode(node);
    await fresh.waitForRemoval('on-lost-node');

    await createPod('on-removed-node', waitForSignal);
    const again = await fresh.waitFor('on-removed-node', 'ran', ({ status }) => status?.phase === 'Running');
    await cluster.faults.loseNode(again.spec?.nodeName);
    await cluster.faults.removeNode(again.spec?.nodeName);
    await fresh.waitForRemoval('on-removed-node');
    await cluster.faults.returnNode(again.spec?.nodeName);
    fresh.close();
  });
});
