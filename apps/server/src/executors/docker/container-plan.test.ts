import { describe, expect, it } from 'vitest';
import type { AttemptSpec } from '../contract/attempt-runner.ts';
import { planAttempt, planAttemptFiles, planContainer } from './container-plan.ts';
import { planNetwork } from './network.ts';

const spec: AttemptSpec = {
  attemptId: 'attempt-1',
  jobRunId: 'run-1',
  installationId: 'installation-1',
  claimNumber: 3,
  attemptsUrl: 'http://10.89.0.1:8081',
  bootstrapSecret: 'dlt_b_a-secret-of-this-attempt',
  environment: { executor: 'docker', path: 'environment-1' },
  workFolderName: 'my-workspace',
  localData: { workspaceId: 'workspace-1', profile: 'prod', access: 'read-write' },
  uid: 60_910,
  limits: { memoryBytes: 512 * 1024 * 1024, cpus: 4, processes: 64 },
  instanceSize: 'small',
  graceSeconds: 30,
  timeoutSeconds: null,
  network: 'outgoing',
};
const context = {
  image: 'sha256:1',
  network: 'runs',
  engineCpus: 2,
  volumes: { attempt: 'attempt-volume', environment: 'environment-1', localData: 'data-volume' },
};

const machine = {
  closed: ['192.0.2.2', '10.89.0.0/24'],
  openPorts: [5432],
  alwaysClosed: ['169.254.0.0/16'],
};

const planOf = (changes: Partial<AttemptSpec> = {}) =>
  planContainer(planAttempt({ ...spec, ...changes }, context));

describe('the container of an attempt', () => {
  it('contains no secret; secrets go into a file that user code cannot read', () => {
    expect(JSON.stringify(planOf())).not.toContain(spec.bootstrapSecret);
    const { files, owner } = planAttemptFiles(spec, machine);
    expect(owner).toEqual({ uid: 60_910, gid: 60_910 });
    const root = { uid: 0, gid: 0 };
    expect(files.filter(({ owner: own }) => own !== undefined)).toEqual([
      { path: 'record', content: null, owner: root },
      { path: 'record/start.json', content: expect.any(String) as string, owner: root },
    ]);
    const start = files.find(({ path }) => path === 'record/start.json')?.content ?? '{}';
    const dropTo = { uid: 60_910, gid: 60_910 };
    expect(JSON.parse(start)).toMatchObject({ secret: spec.bootstrapSecret, sandbox: [], drop_to: dropTo });
    expect(planOf()).toMatchObject({ User: '0:0' });
    expect(planOf().HostConfig).toMatchObject({
      CapDrop: ['ALL'],
      CapAdd: ['SETUID', 'SETGID', 'KILL', 'NET_ADMIN'],
    });
  });

  it('has the limits of its size: memory without swap, and at most the existing cores', () => {
    expect(planOf().HostConfig).toMatchObject({
      Memory: 512 * 1024 * 1024,
      MemorySwap: 512 * 1024 * 1024,
      NanoCpus: 2e9,
      PidsLimit: 64,
    });
    const unlimited = planOf({ limits: { memoryBytes: null, cpus: null, processes: null } }).HostConfig;
    for (const name of ['Memory', 'MemorySwap', 'NanoCpus', 'PidsLimit'])
      expect(unlimited).not.toHaveProperty(name);
  });

  it('can write to the attempt’s volume, read the environment, and use local data', () => {
    const mounts = (changes: Partial<AttemptSpec> = {}) =>
      (planOf(changes).HostConfig?.Mounts ?? []).map(({ Source, Target, ReadOnly }) => [
        Source,
        Target,
        ReadOnly,
      ]);
    expect(mounts()).toEqual([
      ['attempt-volume', '/attempt', false],
      ['environment-1', '/environment', true],
      ['data-volume', '/local-data', false],
    ]);
  });
});

describe('the start of an attempt', () => {
  const startOf = (changes: Partial<AttemptSpec>) => {
    const { files } = planAttemptFiles({ ...spec, ...changes }, machine);
    return JSON.parse(files.find(({ path }) => path === 'record/start.json')?.content ?? '{}') as object;
  };

  it('finds a copy of local data in its own volume', () => {
    const localData = {
      workspaceId: 'workspace-1',
      profile: 'prod',
      access: 'copy',
      mountedAs: 'access',
    } as const;
    expect(startOf({ localData })).toMatchObject({
      local_data: { path: '/attempt/local-data', mounted: false },
    });
    expect(startOf({})).toMatchObject({ local_data: { path: '/local-data', mounted: false } });
  });

  it('says what is blocked for user code', () => {
    expect(startOf({})).toMatchObject({
      machine: { closed: ['192.0.2.2', '10.89.0.0/24'], open_ports: [5432] },
    });
  });

  it('waits until its network is closed, if it is isolated', () => {
    expect(startOf({ network: 'isolated' })).toMatchObject({ network_gets_closed: true });
    expect(startOf({})).toMatchObject({ network_gets_closed: false });
  });
});

describe('the networks of an installation', () => {
  const options = { name: null, egress: true };

  it('are one for runs and builds while runs have internet access, otherwise two', () => {
    const names = (egress: boolean) =>
      (['runs', 'builds'] as const).map((kind) => {
        const planned = planNetwork('installation-1', { name: null, egress }, kind);
        return 'own' in planned ? [planned.own.name, planned.own.internal] : [];
      });
    const [runs, builds] = names(true);
    expect(runs).toEqual(builds);
    const [closed, open] = names(false);
    expect(closed?.[1]).toBe(true);
    expect(open?.[1]).toBe(false);
    expect(open?.[0]).not.toBe(closed?.[0]);
  });

  it('have valid bridge names, different for each installation', () => {
    const bridgeOf = (id: string) => {
      const planned = planNetwork(id, options, 'runs');
      return 'own' in planned ? planned.own.bridge : '';
    };
    expect(bridgeOf('installation-1')).toMatch(/^[a-z0-9-]{4,15}$/);
    expect(bridgeOf('installation-1')).not.toBe(bridgeOf('installation-2'));
  });

  it('are external if a setting names one', () => {
    expect(planNetwork('installation-1', { name: 'their-network', egress: true }, 'builds')).toEqual({
      existing: 'their-network',
    });
  });
});
