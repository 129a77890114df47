import { eventually } from '../../fixtures/eventually.ts';
import type { KubeClient } from './kube-client.ts';
import type { KubePod } from './kube-objects.ts';
import { pauseImage } from './images.ts';
import { namespace } from './test-namespace.ts';

const priorityClass = 'pumphouse-test-urgent';
const label = 'pumphouse.test/preempt';

/**
 * Lets the scheduler preempt the pod: another one of higher priority wants its node, and may not be there
 * together with it.
 */
export async function preemptPod(admin: KubeClient, name: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  await admin.ask('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', {
    metadata: { name: priorityClass },
    value: 1000,
  });
  const { spec } = await admin.call<KubePod>('PATCH', path, { metadata: { labels: { [label]: name } } });
  if (spec.nodeName === undefined) throw new Error(`Pod ${name} is not on a node, so that none preempts it.`);
  const preemptors = '/api/v1/namespaces/default/pods';
  const preemptor = `preempts-${name}`;
  await admin.call('POST', preemptors, describePreemptor(preemptor, name, spec.nodeName));
  await eventually(`pod ${name} was preempted`, async () => {
    const { status, body } = await admin.ask<KubePod>('GET', path);
    return status === 404 || body.metadata.deletionTimestamp !== undefined;
  });
  await admin.call('DELETE', `${preemptors}/${preemptor}?gracePeriodSeconds=0`);
}

function describePreemptor(name: string, victim: string, node: string) {
  const notWith = {
    labelSelector: { matchLabels: { [label]: victim } },
    namespaces: [namespace],
    topologyKey: 'kubernetes.io/hostname',
  };
  return {
    metadata: { name },
    spec: {
      priorityClassName: priorityClass,
      nodeSelector: { 'kubernetes.io/hostname': node },
      affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [notWith] } },
      containers: [{ name: 'pause', image: pauseImage, imagePullPolicy: 'Never' }],
    },
  };
}
