import { describeRestrictedPod, waitForSignal } from '../restricted-pod.ts';
import type { Conversation, WatchEvent } from './conversation.ts';

type Situation = (talk: Conversation) => Promise<void>;

const hasPhase =
  (...phases: string[]) =>
  ({ object }: WatchEvent) =>
    phases.includes(object.status?.phase ?? '');
const hasEnded = hasPhase('Succeeded', 'Failed');
const isRunning = hasPhase('Running');
const isDeleted = ({ type }: WatchEvent) => type === 'DELETED';
const isError = ({ type }: WatchEvent) => type === 'ERROR';

const selectPod = (talk: Conversation, name: string) =>
  `${talk.core}/pods?fieldSelector=metadata.name%3D${name}`;
function podOf(
  talk: Conversation,
  name: string,
  script: string,
  more: { cpu?: string; image?: string } = {},
) {
  return describeRestrictedPod({ name, script, image: talk.cluster.image, ...more });
}

/** From a list without pods, which keeps the recording small. */
async function currentVersion(talk: Conversation): Promise<string> {
  type List = { metadata: { resourceVersion: string } };
  return (await talk.call<List>('GET', selectPod(talk, 'none'))).metadata.resourceVersion;
}

/** Creates a pod and records its states from its creation to the wanted one. */
async function runUntil(
  talk: Conversation,
  script: string,
  isLast: (event: WatchEvent) => boolean,
  more = {},
): Promise<string> {
  const { name } = talk;
  const pod = podOf(talk, name, script, more);
  await watchChanges(talk, name, isLast, () => talk.call('POST', `${talk.core}/pods`, pod));
  return name;
}

async function watchChanges(
  talk: Conversation,
  name: string,
  isLast: (event: WatchEvent) => boolean,
  act: () => Promise<unknown>,
): Promise<void> {
  const version = await currentVersion(talk);
  await talk.watch(`${selectPod(talk, name)}&resourceVersion=${version}`, isLast, act);
}

async function remove(talk: Conversation, name: string): Promise<void> {
  await watchChanges(talk, name, isDeleted, () =>
    talk.call('DELETE', `${talk.core}/pods/${name}?gracePeriodSeconds=0`),
  );
}

/** What is recorded, by the name of its file. */
export const situations: Record<string, Situation> = {
  'exit-0': async (talk) => {
    const name = await runUntil(talk, 'echo hello', hasEnded);
    await talk.call('GET', `${talk.core}/pods/${name}`);
    await talk.call('GET', `${talk.core}/pods/${name}/log?tailLines=50`);
    await remove(talk, name);
    await talk.call('GET', `${talk.core}/pods/${name}`);
  },
  'exit-1': async (talk) => {
    await remove(talk, await runUntil(talk, 'echo bye >&2; exit 1', hasEnded));
  },
  'out-of-memory': async (talk) => {
    await remove(talk, await runUntil(talk, 'tail /dev/zero', hasEnded));
  },
  'delete-with-grace': async (talk) => {
    const name = await runUntil(talk, waitForSignal, isRunning);
    await watchChanges(talk, name, isDeleted, () =>
      talk.call('DELETE', `${talk.core}/pods/${name}`, { gracePeriodSeconds: 20 }),
    );
    await talk.call('DELETE', `${talk.core}/pods/${name}`);
  },
  'grace-over': async (talk) => {
    const ignoresSignals = "trap '' TERM; while :; do sleep 0.2; done";
    const name = await runUntil(talk, ignoresSignals, isRunning);
    await watchChanges(talk, name, isDeleted, () =>
      talk.call('DELETE', `${talk.core}/pods/${name}?gracePeriodSeconds=2`),
    );
  },
  'delete-pending': async (talk) => {
    const name = await runUntil(talk, 'true', isUnschedulable, { cpu: '1000' });
    await watchChanges(talk, name, isDeleted, () => talk.call('DELETE', `${talk.core}/pods/${name}`));
  },
  evicted: async (talk) => {
    const name = await runUntil(talk, waitForSignal, isRunning);
    const eviction = { apiVersion: 'policy/v1beta1', kind: 'Eviction', metadata: { name } };
    await watchChanges(talk, name, isDeleted, () =>
      talk.call('POST', `${talk.core}/pods/${name}/eviction`, eviction, { caller: 'admin' }),
    );
  },
  'evicted-for-memory': async (talk) => {
    const name = await runUntil(talk, waitForSignal, isRunning);
    await watchChanges(talk, name, hasEnded, () => talk.cluster.faults.evictForNodeMemory(name));
    await remove(talk, name);
  },
  preempted: async (talk) => {
    const name = await runUntil(talk, waitForSignal, isRunning);
    await watchChanges(talk, name, isDeleted, () => talk.cluster.faults.preemptPod(name));
  },
  'node-lost': async (talk) => {
    const name = await runUntil(talk, waitForSignal, isRunning);
    type Pod = { spec: { nodeName: string } };
    const { nodeName } = (await talk.call<Pod>('GET', `${talk.core}/pods/${name}`)).spec;
    await watchChanges(talk, name, isDeleted, async () => {
      await talk.cluster.faults.loseNode(nodeName);
      await talk.cluster.faults.removeNode(nodeName);
    });
    await talk.cluster.faults.returnNode(nodeName);
  },
  'missing-image': async (talk) => {
    const image = 'localhost/pumphouse-missing:1';
    const isBackingOff = ({ object }: WatchEvent) =>
      object.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ImagePullBackOff';
    await remove(talk, await runUntil(talk, 'true', isBackingOff, { image }));
  },
  'image-never-pulled': async (talk) => {
    const image = 'localhost/pumphouse-missing:1';
    const isWaiting = ({ object }: WatchEvent) =>
      object.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ErrImageNeverPull';
    await remove(talk, await runUntil(talk, 'true', isWaiting, { image, pullPolicy: 'Never' }));
  },
  quota: async (talk) => {
    await talk.cluster.faults.fillQuota();
    await talk.call('POST', `${talk.core}/pods`, podOf(talk, 'over-quota', 'true'));
    await talk.cluster.faults.freeQuota();
  },
  conflicts: async (talk) => {
    const name = await runUntil(talk, 'true', hasEnded);
    const path = `${talk.core}/pods/${name}`;
    await talk.call('POST', `${talk.core}/pods`, podOf(talk, name, 'true'));
    const stale = { metadata: { resourceVersion: '1', labels: { seen: 'yes' } } };
    await talk.call('PATCH', path, stale, mergePatch);
    await talk.call('DELETE', path, { preconditions: { uid: '11111111-1111-4111-8111-111111111111' } });
    await talk.call('PATCH', path, { metadata: { labels: { seen: 'yes' } } }, mergePatch);
    await talk.call('PATCH', path, { metadata: { labels: { seen: null } } }, strategicPatch);
    await remove(talk, name);
  },
  invalid: async (talk) => {
    const pods = `${talk.core}/pods`;
    const pod = podOf(talk, 'invalid', 'true');
    await talk.call('POST', pods, podOf(talk, 'Not a name', 'true'));
    await talk.call('POST', pods, { ...pod, spec: { ...pod.spec, containers: [] } });
    await talk.call('POST', pods, { ...pod, spec: { ...pod.spec, restartPolicy: 'Sometimes' } });
    await talk.call('POST', pods, podOf(talk, 'invalid', 'true', { cpu: 'many' }));
    await talk.call('POST', pods, { ...pod, kind: 'Service' });
    await talk.call('POST', pods, { ...pod, metadata: { ...pod.metadata, namespace: 'default' } });
    await talk.call('GET', `${pods}?labelSelector=%3D%3D`);
    await talk.call('GET', `${pods}?fieldSelector=spec.unknown%3D1`);
    await talk.call('GET', `${pods}?limit=many`);
    await talk.call('POST', pods, { ...pod, spec: { ...pod.spec, unknownField: true } });
    await talk.call('PATCH', `${pods}/invalid`, { spec: { restartPolicy: 'Always' } }, mergePatch);
    await talk.call('PATCH', `${pods}/invalid`, {}, { contentType: 'text/plain' });
    await talk.call('DELETE', `${pods}/invalid?gracePeriodSeconds=0`);
  },
  pages: async (talk) => {
    await createMany(talk, 3);
    const pages = `${talk.core}/pods?labelSelector=app%3Dpumphouse-test&limit=2`;
    type List = { metadata: { continue: string } };
    const first = await talk.call<List>('GET', pages);
    await talk.call('GET', `${pages}&continue=${first.metadata.continue}`);
    await talk.call('GET', `${pages}&continue=nonsense`);
    await deleteAll(talk);
  },
  'history-expired': async (talk) => {
    await createMany(talk, 2);
    const page = `${talk.core}/pods?limit=1`;
    type List = { metadata: { continue: string; resourceVersion: string } };
    const { metadata } = await talk.call<List>('GET', page);
    await deleteAll(talk);
    await talk.cluster.faults.expireHistory();
    await talk.call('GET', `${page}&continue=${metadata.continue}`);
    await talk.watch(`${talk.core}/pods?resourceVersion=${metadata.resourceVersion}`, isError);
  },
  bookmarks: async (talk) => {
    const version = await currentVersion(talk);
    const isBookmark = ({ type }: WatchEvent) => type === 'BOOKMARK';
    const query = 'labelSelector=app%3Dnone&allowWatchBookmarks=true&timeoutSeconds=10';
    // A bookmark comes 2 s before the end, and only if pods that the watch does not select have changed.
    await talk.watch(`${talk.core}/pods?${query}&resourceVersion=${version}`, isBookmark, () =>
      createMany(talk, 1),
    );
    await deleteAll(talk);
  },
  'watch-from-0': async (talk) => {
    await createMany(talk, 1);
    await talk.watch(`${talk.core}/pods?resourceVersion=0`, ({ type }) => type === 'ADDED');
    await deleteAll(talk);
  },
  'too-new-version': async (talk) => {
    await talk.call('GET', `${talk.core}/pods?resourceVersion=999999999&resourceVersionMatch=NotOlderThan`);
  },
  unschedulable: async (talk) => {
    await remove(talk, await runUntil(talk, 'true', isUnschedulable, { cpu: '1000' }));
  },
  access: async (talk) => {
    const secret = { metadata: { name: 'attempt' }, stringData: { token: 'swordfish' } };
    await talk.call('POST', `${talk.core}/secrets`, secret);
    await talk.call('GET', `${talk.core}/secrets/attempt`);
    await talk.call('GET', '/api/v1/nodes');
    await talk.call('DELETE', `${talk.core}/secrets/attempt`);
    await talk.call('DELETE', `${talk.core}/secrets/attempt`);
    await talk.call('GET', `${talk.core}/pods`, undefined, { caller: 'stranger' });
    await talk.call('GET', `${talk.core}/nothings`, undefined, { caller: 'admin' });
    await talk.call('PUT', `${talk.core}/pods`, {}, { caller: 'admin' });
  },
  services: async (talk) => {
    const labels = { app: 'pumphouse-test' };
    const service = { metadata: { name: 'app', labels }, spec: { selector: labels, ports: [{ port: 80 }] } };
    await talk.call('POST', `${talk.core}/services`, service);
    await talk.call('POST', `${talk.core}/services`, service);
    await talk.call('GET', `${talk.core}/services?labelSelector=app%3Dpumphouse-test`);
    await talk.call('DELETE', `${talk.core}/services/app`);
    const policies = talk.core.replace('/api/v1', '/apis/networking.k8s.io/v1').concat('/networkpolicies');
    const spec = { podSelector: { matchLabels: labels }, policyTypes: ['Ingress'], ingress: [] };
    await talk.call('POST', policies, { metadata: { name: 'app' }, spec });
    await talk.call('GET', policies);
    await talk.call('DELETE', `${policies}/app`);
  },
};

const mergePatch = { contentType: 'application/merge-patch+json' };
const strategicPatch = { contentType: 'application/strategic-merge-patch+json' };

function isUnschedulable({ object }: WatchEvent): boolean {
  return object.status?.conditions?.some(({ reason }) => reason === 'Unschedulable') ?? false;
}

/** Pods that stay pending, so that only the test changes them. */
async function createMany(talk: Conversation, count: number): Promise<void> {
  for (let index = 1; index <= count; index += 1) {
    const pod = podOf(talk, `${talk.name}-${index}`, 'true', { cpu: '1000' });
    await talk.call('POST', `${talk.core}/pods`, pod);
  }
}

async function deleteAll(talk: Conversation): Promise<void> {
  const path = `${talk.core}/pods?labelSelector=app%3Dpumphouse-test`;
  await talk.call('DELETE', path, { gracePeriodSeconds: 0 });
}
