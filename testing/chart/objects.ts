/** The objects of a rendered chart, with the fields that the tests read. */
import { parseAllDocuments } from 'yaml';

export interface Container {
  name: string;
  image: string;
  command?: string[];
  env?: { name: string; value?: string; valueFrom?: unknown }[];
  ports?: { name: string; containerPort: number }[];
  resources?: Partial<Record<'requests' | 'limits', Record<string, string>>>;
  securityContext?: Record<string, unknown>;
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  lifecycle?: { preStop: { exec: { command: string[] } } };
}

interface Probe {
  httpGet: { path: string; port: string };
}

export interface PodSpec {
  serviceAccountName?: string;
  automountServiceAccountToken?: boolean;
  enableServiceLinks?: boolean;
  terminationGracePeriodSeconds?: number;
  securityContext?: Record<string, unknown>;
  initContainers?: Container[];
  containers: Container[];
  volumes?: ({ name: string } & Record<string, unknown>)[];
}

interface Labelled {
  labels?: Record<string, string>;
}

export interface Selector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: 'In'; values: string[] }[];
}

interface Backend {
  name: string;
  port: number | { name: string };
}

/** A union of the fields of all kinds: a test reads those of the kind that it checks. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: Labelled & { name: string; namespace?: string; annotations?: Record<string, string> };
  spec: {
    replicas?: number;
    /** Of a Service: labels. */
    selector?: Selector | Record<string, string>;
    podSelector?: Selector;
    policyTypes?: string[];
    ingress?: unknown[];
    egress?: { to?: { ipBlock?: { cidr: string; except?: string[] } }[]; ports?: { port: number }[] }[];
    template?: { metadata: Labelled; spec: PodSpec };
    ports?: { name: string; targetPort: string; port: number }[];
    publishNotReadyAddresses?: boolean;
    scaleTargetRef?: { name: string };
    metrics?: { external: { metric: { name: string } } }[];
    rules?: {
      host?: string;
      http?: { paths: { backend: { service: Backend } }[] };
      backendRefs?: Backend[];
    }[];
  };
  rules?: { resources: string[]; verbs: string[] }[];
  subjects?: { name: string; namespace: string }[];
  automountServiceAccountToken?: boolean;
}

export function parseObjects(text: string): KubeObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    const value = document.toJS() as KubeObject | null;
    return value === null ? [] : [value];
  });
}

export const ofKind = (objects: readonly KubeObject[], kind: string): KubeObject[] =>
  objects.filter((object) => object.kind === kind);

export interface Pod {
  owner: KubeObject;
  labels: Record<string, string>;
  spec: PodSpec;
}

/** The pods of all Deployments and Jobs. */
export function listPods(objects: readonly KubeObject[]): Pod[] {
  return objects.flatMap((owner) => {
    const { template } = owner.spec ?? {};
    return template ? [{ owner, labels: template.metadata.labels ?? {}, spec: template.spec }] : [];
  });
}

export function isSelected(
  labels: Record<string, string>,
  { matchLabels = {}, matchExpressions = [] }: Selector,
): boolean {
  return (
    Object.entries(matchLabels).every(([name, value]) => labels[name] === value) &&
    matchExpressions.every(({ key, values }) => values.includes(labels[key] ?? ''))
  );
}
