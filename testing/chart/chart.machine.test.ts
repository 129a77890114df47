import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { repositoryFolder } from '../fixtures/server.ts';
import { buildKustomization } from '../fixtures/kubectl.ts';
import { validateObjects } from '../fixtures/kubernetes-schemas.ts';
import { chartFolder, prepareHelm, type Helm } from '../fixtures/helm.ts';
import { findProblems } from './check-objects.ts';
import { manifestsFolder, renderManifests } from './manifests.ts';
import { listPods, ofKind, parseObjects, type KubeObject } from './objects.ts';
import { requiredValues, valueSets } from './value-sets.ts';

let helm: Helm;
beforeAll(async () => {
  helm = await prepareHelm();
});

const render = async (values: object) => parseObjects(await helm.render(values));
const firstOf = (objects: readonly KubeObject[], kind: string, name: string) =>
  objects.find(({ kind: one, metadata }) => one === kind && metadata.name === name);

describe('the chart', () => {
  it.each(Object.entries(valueSets))('renders correct objects: %s', async (_, values) => {
    await helm.lint(values);
    expect(findProblems(await render(values))).toEqual([]);
  });

  it.each(['1.25', '1.37'])('renders only fields that Kubernetes %s has', async (release) => {
    const rendered = await Promise.all(Object.values(valueSets).map(render));
    const own = rendered
      .flat()
      .filter(({ apiVersion }) => !/monitoring|external-secrets|gateway/.test(apiVersion));
    expect(await validateObjects(own, release)).toEqual([]);
    const service = firstOf(own, 'Service', 'pumphouse-http');
    const wrong = { ...service, spec: { ...service?.spec, port: 8080 } };
    expect((await validateObjects([wrong], release)).join()).toContain("'port' was unexpected");
  });

  it('renders the same objects each time, so that an upgrade changes nothing by itself', async () => {
    const values = valueSets['everything optional'] ?? {};
    expect(await helm.render(values)).toBe(await helm.render(values));
  });

  it('keeps secrets out of variables, except by reference', async () => {
    const pods = listPods(await render(valueSets['everything optional'] ?? {}));
    const variables = pods.flatMap(({ spec }) => spec.containers.flatMap(({ env }) => env ?? []));
    const secret = variables.filter(({ name }) => /(KEY|KEYS|KEY_ID|SMTP_URL|PASSWORD|SECRET)$/.test(name));
    expect(new Set(secret.map(({ name }) => name))).toEqual(
      new Set(['PUMPHOUSE_SECRET_KEY', 'PUMPHOUSE_S3_ACCESS_KEY_ID', 'PUMPHOUSE_SMTP_URL']),
    );
    for (const variable of secret)
      expect(variable).toEqual({ name: variable.name, valueFrom: expect.anything() });
  });

  it('mounts the volume of blobs only without S3, and no claim that it does not create', async () => {
    const claims = async (set: string) =>
      ofKind(await render(valueSets[set] ?? {}), 'PersistentVolumeClaim').map(
        ({ metadata }) => metadata.name,
      );
    expect(await claims('roles apart')).toEqual(['pumphouse-blobs', 'pumphouse-runs']);
    expect(await claims('S3')).toEqual(['pumphouse-runs']);
    expect(await claims('a move from the volume to S3')).toEqual(['pumphouse-blobs', 'pumphouse-runs']);
    expect(await claims('existing claims and namespace')).toEqual([]);
    const s3 = await helm.render(valueSets['S3'] ?? {});
    expect(s3).not.toContain('/blobs');
    expect(s3).toContain('s3://pumphouse/production');
  });

  it('lets supervisors take records of runs while they cannot start others', async () => {
    const service = firstOf(await render(requiredValues), 'Service', 'pumphouse-attempts');
    expect(service?.spec).toMatchObject({
      publishNotReadyAddresses: true,
      selector: { 'app.kubernetes.io/component': 'supervisor' },
    });
  });

  it('lets only supervisors connect to apps, and only to them', async () => {
    const policy = firstOf(await render(requiredValues), 'NetworkPolicy', 'pumphouse-apps');
    expect(policy).toMatchObject({
      metadata: { namespace: 'pumphouse-runs' },
      spec: {
        podSelector: { matchLabels: { 'pumphouse.dev/network': 'isolated' } },
        ingress: [
          {
            from: [
              {
                namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'pumphouse' } },
                podSelector: { matchLabels: { 'app.kubernetes.io/component': 'supervisor' } },
              },
            ],
          },
        ],
      },
    });
  });

  it('lets the proxies of supervisors connect to the servers that workers connect to, and only there', async () => {
    const objects = await render({
      ...requiredValues,
      networkPolicy: { ingressFrom: [{ podSelector: { matchLabels: { app: 'ingress' } } }] },
    });
    const policyOf = (kind: string) => firstOf(objects, 'NetworkPolicy', `pumphouse-${kind}`)?.spec;
    const peer = (kind: string) => [
      {
        podSelector: {
          matchLabels: {
            'app.kubernetes.io/name': 'pumphouse',
            'app.kubernetes.io/instance': 'pumphouse',
            'app.kubernetes.io/component': kind,
          },
        },
      },
    ];
    const ports = [{ protocol: 'TCP', port: 8080 }];
    expect(policyOf('api')?.ingress).toContainEqual({ ports, from: peer('supervisor') });
    expect(policyOf('supervisor')?.egress).toContainEqual({ ports, to: peer('api') });
    for (const kind of ['scheduler', 'supervisor'])
      expect(JSON.stringify(policyOf(kind)?.ingress)).not.toContain('8080');
    for (const kind of ['api', 'scheduler'])
      expect(JSON.stringify(policyOf(kind)?.egress)).not.toContain('8080');
  });

  it('publishes the address of each pod of a server to the others', async () => {
    const pods = listPods(await render(requiredValues));
    const servers = pods.filter(({ labels }) => labels['app.kubernetes.io/component'] !== 'first-owner');
    expect(servers).toHaveLength(3);
    for (const { spec } of servers)
      expect(spec.containers[0]?.env).toContainEqual({
        name: 'PUMPHOUSE_INTERNAL_ADDRESS',
        valueFrom: { fieldRef: { fieldPath: 'status.podIP' } },
      });
  });

  it('gives all pods images of one registry', async () => {
    const values = { ...requiredValues, image: { registry: 'mirror.internal:5000/pumphouse' } };
    const text = await helm.render(values);
    const images = listPods(parseObjects(text)).flatMap(({ spec }) =>
      spec.containers.map(({ image }) => image),
    );
    expect(new Set(images)).toEqual(new Set(['mirror.internal:5000/pumphouse/pumphouse:0.1.0']));
    expect(text).toContain('value: "mirror.internal:5000/pumphouse/pumphouse-runner:{python}"');
  });

  it('gives the pods of runs the pull secrets and the patch', async () => {
    const objects = await render(valueSets['everything optional'] ?? {});
    const [container] =
      firstOf(objects, 'Deployment', 'pumphouse-supervisor')?.spec.template?.spec.containers ?? [];
    const patch = container?.env?.find(({ name }) => name === 'PUMPHOUSE_KUBERNETES_POD_PATCH')?.value;
    expect(JSON.parse(patch ?? '')).toEqual({
      pods: { spec: { runtimeClassName: 'gvisor', imagePullSecrets: [{ name: 'registry' }] } },
      sizes: { xlarge: { spec: { nodeSelector: { pool: 'large' } } } },
    });
  });

  it('adds supervisors by the slots that the installation needs', async () => {
    const objects = await render(valueSets['autoscaling and metrics'] ?? {});
    const autoscaler = firstOf(objects, 'HorizontalPodAutoscaler', 'pumphouse-supervisor');
    const target = (pool: string, averageValue: string) => ({
      type: 'External',
      external: {
        metric: { name: 'pumphouse_runs_demand', selector: { matchLabels: { pool } } },
        target: { type: 'AverageValue', averageValue },
      },
    });
    expect(autoscaler?.spec.metrics).toEqual([target('apps', '16'), target('batch', '40')]);
  });
});

describe('docs/operate/kubernetes-install.md', () => {
  it('has only values that the chart accepts', async () => {
    const page = await readFile(join(repositoryFolder, 'docs', 'operate', 'kubernetes-install.md'), 'utf8');
    const examples = [...page.matchAll(/^ *```yaml\n(.*?)^ *```/gms)].map(
      ([, text = '']) => parse(text) as Record<string, unknown>,
    );
    const [full, ...parts] = examples;
    expect(parts.length).toBeGreaterThan(3);
    expect(findProblems(await render(full ?? {}))).toEqual([]);
    for (const part of parts) expect(findProblems(await render(mergeValues(part)))).toEqual([]);
  });
});

describe('the plain manifests', () => {
  it('are those that the chart renders', async () => {
    // If they are not: node scripts/with-tools.mjs node testing/chart/write-manifests.ts
    const entries = await readdir(manifestsFolder, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(manifestsFolder, join(entry.parentPath, entry.name)));
    const read = async (path: string) => [path, await readFile(join(manifestsFolder, path), 'utf8')] as const;
    const files = Object.fromEntries(await Promise.all(paths.map(read)));
    expect(files).toEqual(Object.fromEntries(await renderManifests(helm)));
  });

  it('are adapted by the example overlay', async () => {
    const text = await buildKustomization(join(chartFolder, '..', 'example-overlay'));
    expect(findProblems(parseObjects(text))).toEqual([]);
    expect(text).not.toContain('example.com');
  });
});

describe('the chart rejects', () => {
  it('an installation without the required values, each with the next step', async () => {
    const error = await helm.render({}).catch((reason: unknown) => String(reason));
    for (const text of [
      'image.registry: set it to the registry',
      'publicUrl: set it',
      'database.url: set it to an external Postgres',
      'kubectl -n pumphouse create secret generic pumphouse-database',
      'kubectl -n pumphouse create secret generic pumphouse-secret-key',
    ])
      expect(error).toContain(text);
  });

  it.each([
    ['an unknown value', { image: { registy: 'x' } }, /image: Additional property registy is not allowed/],
    ['an unknown mode', { mode: 'cluster' }, /mode must be one of the following: "roles", "single"/],
    ['a scheme in the registry', { image: { registry: 'https://x' } }, /image.registry: Does not match/],
    [
      'an image of runs for one Python',
      { image: { runner: { tag: '3.13' } } },
      /image.runner.tag: Does not match/,
    ],
    ['a database that is no Postgres', { database: { url: 'mysql://a/b' } }, /database.url: Does not match/],
    ['no replicas by a text', { api: { replicas: 'two' } }, /api.replicas: Invalid type/],
    [
      'resources without limits',
      { api: { resources: { limits: null } } },
      /api.resources: limits is required/,
    ],
    [
      'a setting that is a number',
      { settings: { PUMPHOUSE_MAX_UPLOAD_MB: 512 } },
      /Expected: string, given: integer/,
    ],
    ['a setting of another program', { settings: { NODE_OPTIONS: 'x' } }, /settings/],
  ])('%s', async (_, values, message) => {
    await expect(helm.render(mergeValues(values))).rejects.toThrow(message);
  });

  it.each([
    [
      'a password in the URL',
      { database: { url: 'postgres://a:b@c/d' } },
      'database.url: remove the password',
    ],
    [
      'a setting that has a value',
      { settings: { PUMPHOUSE_HOST: '::' } },
      'settings.PUMPHOUSE_HOST: the chart sets it',
    ],
    [
      'autoscaling of one server',
      { mode: 'single', autoscaling: { enabled: true } },
      'autoscaling.enabled: set mode',
    ],
    [
      'too little time to stop',
      { shutdown: { delaySeconds: 30, graceSeconds: 45 } },
      'shutdown.graceSeconds: set it',
    ],
    [
      'runs next to servers',
      { runs: { namespace: { name: 'pumphouse' } } },
      'runs.namespace.name: choose another',
    ],
    [
      'two kinds of routes',
      { ingress: { enabled: true }, gateway: { enabled: true } },
      'gateway.enabled: enable either',
    ],
    [
      'an owner without a password',
      { firstOwner: { email: 'a@b.example' } },
      'create secret generic pumphouse-first-owner',
    ],
    ['a move to nowhere', { blobs: { movesToS3: true } }, 'blobs.s3.url: set the bucket'],
    ['mail without a sender', { mail: { urlSecret: { name: 'mail' } } }, 'mail.from: set the address'],
    [
      'external secrets without a store',
      { externalSecrets: { enabled: true } },
      'externalSecrets.store.name: name',
    ],
  ])('%s', async (_, values, message) => {
    await expect(helm.render(mergeValues(values))).rejects.toThrow(message);
  });
});

/** Adds values to the required ones, one level deep. */
function mergeValues(values: Record<string, unknown>): object {
  const required = requiredValues as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries({ ...required, ...values }).map(([name, value]) => {
      const base = required[name];
      return [name, isObject(base) && isObject(value) ? { ...base, ...value } : value];
    }),
  );
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
