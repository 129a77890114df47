import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Readiness } from '@pumphouse/server/api/probes/readiness.ts';
import { registerState } from '@pumphouse/server/api/probes/metrics-serializers.ts';
import { chartFolder } from '../fixtures/helm.ts';
import { repositoryFolder } from '../fixtures/server.ts';
import { findProblems } from './check-objects.ts';
import { alertsOfChartPath, alertsPath, manifestsFolder } from './manifests.ts';
import { listPods, ofKind, parseObjects, type Container, type KubeObject, type PodSpec } from './objects.ts';
import { listValuePaths, referencePath, writeValuesReference } from './values-reference.ts';

async function readManifests(): Promise<KubeObject[]> {
  const entries = await readdir(manifestsFolder, { recursive: true });
  const files = entries.filter((name) => name.endsWith('.yaml') && !name.endsWith('kustomization.yaml'));
  const texts = await Promise.all(files.map((name) => readFile(join(manifestsFolder, name), 'utf8')));
  return texts.flatMap(parseObjects);
}

describe('deploy/kubernetes/manifests', () => {
  it('contains only correct objects', async () => {
    const objects = await readManifests();
    expect(findProblems(objects)).toEqual([]);
    expect(ofKind(objects, 'Namespace').map(({ metadata }) => metadata.name)).toEqual([
      'pumphouse',
      'pumphouse-runs',
    ]);
  });

  it.each<[string, (pod: PodSpec, container: Container, objects: KubeObject[]) => unknown, RegExp]>([
    [
      'a privileged container',
      (_, one) => (one.securityContext = { privileged: true }),
      /server is not restricted/,
    ],
    ['a volume of the host', (pod) => pod.volumes?.push({ name: 'host', hostPath: {} }), /volume host/],
    ['the network of the host', (pod) => Object.assign(pod, { hostNetwork: true }), /sets hostNetwork/],
    ['a user with a root shell', (pod) => (pod.securityContext = {}), /not restricted/],
    ['no limit of memory', (_, one) => delete one.resources?.limits?.['memory'], /no memory in its limits/],
    ['no probe', (_, one) => delete one.livenessProbe, /no livenessProbe/],
    [
      'an unknown setting',
      (_, one) => one.env?.push({ name: 'PUMPHOUSE_PROT' }),
      /PUMPHOUSE_PROT, which is not/,
    ],
    [
      'a wrong value',
      (_, one) => one.env?.push({ name: 'PUMPHOUSE_LOG_LEVEL', value: 'loud' }),
      /PUMPHOUSE_LOG_LEVEL is "loud"/,
    ],
    ['variables of Services', (pod) => delete pod.enableServiceLinks, /variables of Services/],
    ['no time to stop', (pod) => (pod.terminationGracePeriodSeconds = 5), /killed while it stops/],
    ['no token', (pod) => (pod.automountServiceAccountToken = false), /token missing/],
    [
      'a missing claim',
      (_, __, objects) => removeKind(objects, 'PersistentVolumeClaim'),
      /mounts PersistentVolumeClaim/,
    ],
    ['open runs', (_, __, objects) => removeKind(objects, 'NetworkPolicy'), /runs have no network policy/],
    ['other rights', (_, __, objects) => ofKind(objects, 'Role')[0]?.rules?.pop(), /other rights/],
    ['a foreign port', (_, one) => one.ports?.pop(), /have no port apps/],
  ])('is not correct with %s', async (_, change, problem) => {
    const objects = await readManifests();
    const server = listPods(objects).find(({ owner }) => owner.kind === 'Deployment');
    const [container] = server?.spec.containers ?? [];
    if (!server || !container) throw new Error('there is no server');
    change(server.spec, container, objects);
    expect(findProblems(objects).join('\n')).toMatch(problem);
  });
});

function removeKind(objects: KubeObject[], kind: string): void {
  objects.splice(0, objects.length, ...objects.filter((object) => object.kind !== kind));
}

interface Schema {
  $ref?: string;
  type?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: unknown;
}

describe('the values of the chart', () => {
  it('are exactly those of the schema', async () => {
    const text = await readFile(join(chartFolder, 'values.schema.json'), 'utf8');
    const root = JSON.parse(text) as Schema & { definitions: Record<string, Schema> };
    const resolve = (schema: Schema) => root.definitions[schema.$ref?.split('/').at(-1) ?? ''] ?? schema;
    const listPaths = (schema: Schema, prefix: string): string[] =>
      Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
        const path = prefix === '' ? name : `${prefix}.${name}`;
        const own = resolve(property);
        return own.properties && name !== 'resources' ? listPaths(own, path) : [path];
      });
    const paths = listPaths(root, '').filter((path) => path !== 'global');
    expect(paths.toSorted()).toEqual((await listValuePaths()).toSorted());
  });

  it('are all in docs/operate/kubernetes-values.md, which is up to date', async () => {
    // If it is not: node scripts/with-tools.mjs node testing/chart/write-manifests.ts
    expect(await readFile(referencePath, 'utf8')).toBe(await writeValuesReference());
  });
});

it('contains the alerts of deploy/prometheus', async () => {
  expect(await readFile(alertsOfChartPath, 'utf8')).toBe(await readFile(alertsPath, 'utf8'));
});

describe('the metrics of the server', async () => {
  const pool = { pending: 0, active: 0, slots: 0, free: 0, demand: 0 };
  const loop = {
    name: 'supervisor',
    intervalMs: 1000,
    readyWithinMs: null,
    startedAt: new Date(),
    failureCount: 0,
  };
  const readiness: Readiness = {
    ok: true,
    reasons: [],
    degraded: [],
    ticks: null,
    loops: [{ ...loop, lastSuccessAt: new Date() }],
    templates: null,
    load: {
      batch: pool,
      apps: pool,
      unknown: 0,
      longestWait: null,
      waiting: [],
      states: [],
      workers: 0,
      silent: 0,
      problems: [],
    },
  };
  const metrics = await registerState(readiness, null).metrics();
  const existing = new Set([...metrics.matchAll(/^pumphouse_\w+/gm)].map(([name]) => name));

  it.each([
    ['the rule of the Prometheus adapter', 'deploy/kubernetes/prometheus-adapter.values.yaml'],
    ['the autoscaler', 'deploy/kubernetes/chart/templates/autoscaler.yaml'],
    ['the alerts', 'docs/operate/kubernetes-install.md'],
  ])('have the names that %s uses', async (_, path) => {
    const text = await readFile(join(repositoryFolder, path), 'utf8');
    const names = [...text.matchAll(/\bpumphouse_\w+/g)].map(([name]) => name);
    expect(names).toContain(path.endsWith('.md') ? 'pumphouse_runs_slots' : 'pumphouse_runs_demand');
    expect(names.filter((name) => !existing.has(name))).toEqual([]);
  });
});
