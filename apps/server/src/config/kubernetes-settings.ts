/** Reads the settings of the kubernetes executor from the environment; only `config.ts` uses this module. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { ClusterConnection } from '../executors/kubernetes/cluster-api.ts';
import type { ServerPeers } from '../executors/kubernetes/network-policies.ts';
import { PodPatchError, type PodPatches } from '../executors/kubernetes/patch-pod.ts';
import { readPodPatches } from '../executors/kubernetes/pod-patches.ts';
import { ConfigError } from './config-error.ts';
import { settingDetails } from './setting-details.ts';

const network = String.raw`[0-9a-fA-F.:]+/\d{1,3}`;
const label = String.raw`[\w./-]+=[\w.-]*`;

export const kubernetesSettings = {
  PUMPHOUSE_KUBERNETES_CONFIG: z.string().min(1).optional().register(settingDetails, {
    key: 'kubernetes.config',
    description: 'Kubernetes: kubeconfig file',
    default: 'the service account of the pod, else `~/.kube/config`',
  }),
  PUMPHOUSE_KUBERNETES_NAMESPACE: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be the name of a namespace')
    .optional()
    .register(settingDetails, {
      key: 'kubernetes.namespace',
      description: 'Kubernetes: namespace for the pods of runs',
      default: 'that of the connection',
    }),
  PUMPHOUSE_KUBERNETES_VOLUME_CLAIM: z.string().min(1).optional().register(settingDetails, {
    key: 'kubernetes.volume_claim',
    description:
      'Kubernetes: persistent volume claim for environments and local data, writable from all nodes (ReadWriteMany); without one, each pod gets them from the server',
  }),
  PUMPHOUSE_KUBERNETES_POD_PATCH: z.string().optional().register(settingDetails, {
    key: 'kubernetes.pod_patch',
    description:
      'Kubernetes: changes of the pods of runs, as YAML or JSON or the path of such a file; see [Kubernetes](kubernetes.md#changing-the-pods-of-runs)',
  }),
  PUMPHOUSE_KUBERNETES_SERVER: z
    .string()
    .regex(
      new RegExp(`^(${network}(,${network})*|${label}(,${label})*)$`),
      'must be labels such as app=pumphouse, or networks such as 10.0.0.5/32, separated by commas',
    )
    .optional()
    .register(settingDetails, {
      key: 'kubernetes.server',
      description:
        'Kubernetes: labels of the pods of the server, or networks of a server outside the cluster, separated by commas; only these reach apps',
      form: 'list',
    }),
  PUMPHOUSE_KUBERNETES_OPEN_NETWORKS: z
    .string()
    .regex(
      new RegExp(`^${network}(,${network})*$`),
      'must be networks such as 10.0.0.0/8, separated by commas',
    )
    .optional()
    .register(settingDetails, {
      key: 'kubernetes.open_networks',
      description:
        'Kubernetes: private networks that runs may reach, separated by commas; all others are closed to them',
      form: 'list',
    }),
  PUMPHOUSE_KUBERNETES_PENDING_MINUTES: z.coerce
    .number()
    .min(1)
    .max(10_080)
    .default(30)
    .register(settingDetails, {
      key: 'kubernetes.pending_minutes',
      description: 'Kubernetes: how long a pod may wait for its start before its run fails',
    }),
  PUMPHOUSE_KUBERNETES_MAX_PENDING_PODS: z.coerce.number().int().min(1).default(50).register(settingDetails, {
    key: 'kubernetes.max_pending_pods',
    description:
      'Kubernetes: with this many pods that have not started, further runs stay pending until half of them have',
  }),
} as const;

export interface KubernetesConfig {
  connection: ClusterConnection;
  /** Null: that of the connection. */
  namespace: string | null;
  /** Null: there is none. */
  volumeClaim: string | null;
  patches: PodPatches;
  /** How the pods of this server are recognized; null: apps cannot be reached. */
  server: ServerPeers | null;
  openNetworks: string[];
  pendingMinutes: number;
  maxPendingPods: number;
}

type Values = z.output<z.ZodObject<typeof kubernetesSettings>>;

/** @throws ConfigError */
export function readKubernetesConfig(
  values: Values & {
    PUMPHOUSE_ATTEMPTS_URL?: string | undefined;
    PUMPHOUSE_ATTEMPTS_HOST?: string | undefined;
  },
): KubernetesConfig {
  // Without a URL, pods get the address to listen on.
  if (values.PUMPHOUSE_ATTEMPTS_URL === undefined && values.PUMPHOUSE_ATTEMPTS_HOST === undefined)
    throw new ConfigError(
      'PUMPHOUSE_ATTEMPTS_URL and PUMPHOUSE_ATTEMPTS_HOST: pods need an address of the server. Set the URL of its Service for ' +
        'runs, such as http://pumphouse-runs:8081, and the address to listen on, such as 0.0.0.0.',
    );
  const server = values.PUMPHOUSE_KUBERNETES_SERVER;
  return {
    connection: chooseConnection(values.PUMPHOUSE_KUBERNETES_CONFIG),
    namespace: values.PUMPHOUSE_KUBERNETES_NAMESPACE ?? null,
    volumeClaim: values.PUMPHOUSE_KUBERNETES_VOLUME_CLAIM ?? null,
    patches: readPatches(values.PUMPHOUSE_KUBERNETES_POD_PATCH),
    server: server === undefined ? null : readPeers(server),
    openNetworks: values.PUMPHOUSE_KUBERNETES_OPEN_NETWORKS?.split(',') ?? [],
    pendingMinutes: values.PUMPHOUSE_KUBERNETES_PENDING_MINUTES,
    maxPendingPods: values.PUMPHOUSE_KUBERNETES_MAX_PENDING_PODS,
  };
}

const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';

function chooseConnection(file: string | undefined): ClusterConnection {
  if (file !== undefined) return { kind: 'file', path: file };
  if (existsSync(serviceAccountToken)) return { kind: 'in-cluster' };
  return { kind: 'file', path: join(homedir(), '.kube', 'config') };
}

function readPeers(text: string): ServerPeers {
  const parts = text.split(',');
  if (!text.includes('=')) return { networks: parts };
  const pairs = parts.map((part) => part.split('=', 2));
  return { labels: Object.fromEntries(pairs.map(([name = '', value = '']) => [name, value])) };
}

function readPatches(text: string | undefined): PodPatches {
  const name = 'PUMPHOUSE_KUBERNETES_POD_PATCH';
  try {
    return readPodPatches(text === undefined ? {} : parse(isPath(text) ? readFileSync(text, 'utf8') : text));
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    if (error instanceof PodPatchError) throw new ConfigError(`${name}: ${detail}`);
    throw new ConfigError(`${name} cannot be read: ${detail}`);
  }
}

const isPath = (text: string): boolean => text.startsWith('/') && !text.includes('\n');
