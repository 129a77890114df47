/** What the conformance suite needs of an executor on a test cluster. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { listProcessesWithVariable } from '../../../../../../testing/fixtures/run-processes.ts';
import type { TestCluster } from '../../../../../../testing/kubernetes/cluster.ts';
import { conformanceProgram } from '../../conformance/conformance-program.ts';
import type { AttemptBehaviour, ConformanceHarness } from '../../conformance/harness.ts';
import { serveApps } from '../../conformance/served-apps.ts';
import type { AttemptHandle } from '../../contract/attempt-handle.ts';
import { attemptPodName, labels, labelsOf } from '../names.ts';
import { createClusterFixture, type ClusterFixture } from './cluster-fixture.ts';
import type { ObjectLocalData } from './object-local-data.ts';

/**
 * Creates the harness of one executor.
 * @param options.volumeClaim null: pods share no claim
 * @param options.localData keeps the local data, instead of the claim
 */
export async function createClusterHarness(
  cluster: TestCluster,
  {
    volumeClaim = cluster.volumeClaim,
    localData,
  }: { volumeClaim?: string | null; localData?: ObjectLocalData } = {},
): Promise<ConformanceHarness> {
  const fixture = await createClusterFixture(cluster, {
    volumeClaim,
    ...(localData && { more: localData.answer }),
  });
  const { admin, installationId, routes } = fixture;
  const createExecutor = () => {
    if (!localData) return fixture.createExecutor();
    return localData.use(fixture.createExecutor());
  };
  const environment = await createExecutor().buildEnvironment(fixture.describeEnvironment(), () => undefined);
  const createSpec = async (behaviour: AttemptBehaviour) =>
    fixture.describeAttempt(
      { program: conformanceProgram, variables: { BEHAVIOUR: behaviour } },
      environment,
    );
  const apps = serveApps({
    routes,
    createExecutor,
    describeAttempt: (served) => fixture.describeAttempt(served, environment),
  });

  return {
    reachesSpool: false,
    serverKeepsEnvironments: volumeClaim === null,
    pythons: [fixture.describeEnvironment().pythonVersion],
    createExecutor: () => {
      const executor = createExecutor();
      if (cluster.reachesPods) return executor;
      return { ...executor, capabilities: () => ({ ...executor.capabilities(), interactive: false }) };
    },
    createSpec,
    ...apps,
    async reachFromAnotherAttempt(app, network) {
      if (cluster.capabilities.networkPolicies) return apps.reachFromAnotherAttempt(app, network);
      return listIngress(fixture, app.attemptId);
    },
    async createUnstartableSpec() {
      const spec = await createSpec('ends-on-term');
      return { spec: { ...spec, environment: { ...environment, path: 'no environment' } }, kind: 'config' };
    },
    createEnvironmentSpec: async () => fixture.describeEnvironment(),
    awaitUserCode: (spec) => routes.awaitUserCode(spec.attemptId),
    countUserCodeStarts: (spec) => routes.countUserCodeStarts(spec.attemptId),
    async finish(spec, code) {
      routes.finish(spec.attemptId, code);
    },
    vanish: killFirstProcess,
    moveElsewhere: (handle) => ({ ...handle, data: { ...handle.data, place: randomUUID() } }),
    listProcesses: (spec) => listProcessesWithVariable(`TEST_ATTEMPT=${spec.attemptId}`),
    async leaveBehind(installation) {
      const attemptId = randomUUID();
      const id = attemptPodName(attemptId);
      const own = labelsOf(installation === 'own' ? installationId : randomUUID(), 'attempt', {
        [labels.attempt]: attemptId,
      });
      const answer = await admin.send('POST', admin.path('pods'), { body: describeUnstartedPod(id, own) });
      if (answer.status !== 201) throw new Error(`The pod was not created: ${JSON.stringify(answer.body)}`);
      const isThere = async () => (await admin.send('GET', admin.path(`pods/${id}`))).status === 200;
      return { attemptId, kind: 'container', id, isThere };
    },
    async close() {
      await fixture.close();
      await localData?.close();
    },
  };
}

/** Kills the bootstrap, which is the first process of its container. */
async function killFirstProcess(handle: AttemptHandle): Promise<void> {
  const [userCode] = await listProcessesWithVariable(`TEST_ATTEMPT=${String(handle.data['attemptId'])}`);
  if (userCode === undefined) throw new Error('The attempt has no process.');
  let pid = userCode;
  for (;;) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const inner = /^NSpid:\s+(.*)$/m.exec(status)?.[1]?.split(/\s+/) ?? [];
    if (inner.length > 1 && inner.at(-1) === '1') break;
    pid = Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]);
    if (pid <= 1) throw new Error('The first process of the container was not found.');
  }
  process.kill(pid, 'SIGKILL');
}

/** A pod that no node runs, as of a server that was killed during a start. */
function describeUnstartedPod(name: string, own: Record<string, string>): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: own },
    spec: {
      nodeSelector: { pumphouse: 'none' },
      securityContext: { runAsNonRoot: true, runAsUser: 60_910, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'run',
          image: 'none',
          command: ['none'],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  };
}

/**
 * Where this cluster does not enforce network policies, the policies are checked instead: what may connect to the
 * app, apart from the server.
 */
async function listIngress({ admin, cluster }: ClusterFixture, attemptId: string): Promise<string[]> {
  const pod = await admin.send('GET', admin.path(`pods/${attemptPodName(attemptId)}`));
  const own = pod.body.metadata.labels as Record<string, string>;
  const { body } = await admin.send('GET', admin.path('networkpolicies', 'networking.k8s.io'));
  const policies = (body.items as PolicyOfTest[]).filter(
    ({ spec }) =>
      spec.policyTypes.includes('Ingress') &&
      Object.entries(spec.podSelector.matchLabels).every(([name, value]) => own[name] === value),
  );
  if (policies.length === 0) return ['everything'];
  const peers = policies.flatMap(({ spec }) => spec.ingress ?? []).flatMap(({ from }) => from);
  return peers
    .map((peer) => JSON.stringify(peer))
    .filter((peer) => peer !== JSON.stringify({ ipBlock: { cidr: `${cluster.hostAddressForPods}/32` } }));
}

interface PolicyOfTest {
  spec: {
    policyTypes: string[];
    podSelector: { matchLabels: Record<string, string> };
    ingress?: { from: unknown[] }[];
  };
}
