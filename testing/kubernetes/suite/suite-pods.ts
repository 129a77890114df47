import { randomBytes } from 'node:crypto';
import { expect, type TestContext } from 'vitest';
import { ApiClient, type ApiResponse, type ApiWatch } from '../api-client.ts';
import type { FaultName } from '../cluster-faults.ts';
import type { TestCluster } from '../cluster.ts';

/** What the tests of a suite share. */
export interface SuiteContext {
  cluster: TestCluster;
  api: ApiClient;
}

/** Returns what the suite's `beforeAll` made. */
export type GetContext = () => SuiteContext;

export const uniqueName = (prefix = 'pod') => `${prefix}-${randomBytes(4).toString('hex')}`;

/** Shell commands that clusters without containers understand, too. */
export const scripts = {
  untilDeleted: 'exec sleep infinity',
  succeeds: 'exit 0',
  fails: 'exit 3',
  /** Ends at once with TERM. */
  endsOnTerm: "trap 'exit 7' TERM; sleep infinity & wait",
};

/** What the Pod Security level `restricted` asks for. */
export const restrictedPod = {
  runAsNonRoot: true,
  runAsUser: 60906,
  runAsGroup: 60906,
  seccompProfile: { type: 'RuntimeDefault' },
};
export const restrictedContainer = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };

export const describeContainer = (
  { cluster }: SuiteContext,
  name: string,
  script: string,
  more: object = {},
) => ({
  name,
  image: cluster.image,
  imagePullPolicy: 'IfNotPresent',
  command: ['sh', '-c', script],
  securityContext: restrictedContainer,
  ...more,
});

interface PodOptions {
  name?: string;
  labels?: Record<string, string>;
  script?: string;
  graceSeconds?: number;
  /** More of the spec, and of its only container. */
  spec?: object;
  container?: object;
}

/** A pod that the level `restricted` admits. */
export function describePod(context: SuiteContext, options: PodOptions = {}) {
  const { name = uniqueName(), labels = {}, script = scripts.untilDeleted, graceSeconds = 1 } = options;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { 'test-suite': 'yes', ...labels } },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: graceSeconds,
      securityContext: restrictedPod,
      containers: [{ ...describeContainer(context, 'main', script), ...options.container }],
      ...options.spec,
    },
  };
}

/** Creates a pod. @returns its body */
export async function createPod(context: SuiteContext, options: PodOptions = {}) {
  const created = await context.api.send('POST', context.api.path('pods'), {
    body: describePod(context, options),
  });
  expect(created).toMatchObject({ status: 201 });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the shape of a pod
  return created.body as { metadata: { name: string; uid: string; resourceVersion: string } };
}

export const readPod = ({ api }: SuiteContext, name: string): Promise<ApiResponse> =>
  api.send('GET', api.path(`pods/${name}`));

/** Waits until a pod has the phase. @returns the pod */
export async function untilPhase(context: SuiteContext, name: string, phase: string) {
  let { body } = await readPod(context, name);
  const readPhase = async () => {
    ({ body } = await readPod(context, name));
    return body.status?.phase;
  };
  await expect
    .poll(readPhase)
    .toBe(phase)
    .catch((cause: unknown) => {
      throw new Error(`The pod is not ${phase}: ${JSON.stringify(body.status)}`, { cause });
    });
  return body;
}

export async function untilGone(context: SuiteContext, name: string): Promise<void> {
  await expect.poll(async () => (await readPod(context, name)).status).toBe(404);
}

/** Reads a pod's log; the query may name its container. */
export async function readLog({ api }: SuiteContext, name: string, query = ''): Promise<string> {
  return (await api.send('GET', api.path(`pods/${name}/log${query}`))).body;
}

/** Reads the state of a pod's first container, or init container. */
export async function readState(context: SuiteContext, name: string, list = 'containerStatuses') {
  return (await readPod(context, name)).body.status[list]?.[0]?.state;
}

/** Runs a script in a pod that is to succeed. @returns its log */
export async function runScript(
  context: SuiteContext,
  script: string,
  more: PodOptions = {},
): Promise<string> {
  const { name } = (await createPod(context, { script, ...more })).metadata;
  await untilPhase(context, name, 'Succeeded');
  return readLog(context, name);
}

/** Deletes a pod. @returns its last state */
export async function deleteAndReadEnd(context: SuiteContext, name: string) {
  const { api } = context;
  const { resourceVersion } = (await readPod(context, name)).body.metadata;
  const query = `resourceVersion=${resourceVersion}&fieldSelector=metadata.name%3D${name}`;
  const watch = await api.watch(`${api.path('pods')}?${query}`);
  await api.send('DELETE', api.path(`pods/${name}`));
  const events = await readUntil(watch, ({ type }) => type === 'DELETED');
  watch.close();
  // oxlint-disable-next-line typescript/no-explicit-any -- tests read any of its fields
  return events.at(-1)?.object as any;
}

/** Reads events until one fits. @returns all up to that one */
export async function readUntil(
  watch: ApiWatch,
  fits: (event: { type: string; object: PodLike }) => boolean,
) {
  const events: { type: string; object: PodLike }[] = [];
  for (;;) {
    const event = await watch.next();
    if (event === null) throw new Error(`The watch ended after ${JSON.stringify(events)}`);
    events.push(event);
    if (fits(event)) return events;
  }
}

export interface PodLike {
  kind?: string;
  code?: number;
  reason?: string;
  metadata: {
    name: string;
    resourceVersion: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
  };
  status?: { phase?: string };
}

/** Skips the test if the cluster cannot produce the faults. */
export function needsFaults(test: TestContext, { cluster }: SuiteContext, ...names: FaultName[]): void {
  const missing = names.filter((name) => !cluster.capabilities.faults.has(name));
  test.skip(missing.length > 0, `this cluster has no ${missing.join(', ')}`);
}
