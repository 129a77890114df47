import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';

const base = {
  PUMPHOUSE_EXECUTOR: 'kubernetes',
  PUMPHOUSE_KUBERNETES_VOLUME_CLAIM: 'shared',
  PUMPHOUSE_ATTEMPTS_URL: 'http://pumphouse-runs:8081',
  PUMPHOUSE_ATTEMPTS_HOST: '0.0.0.0',
};

describe('settings of the kubernetes executor', () => {
  it('are read only if it is chosen', () => {
    expect(readConfig({}).kubernetes).toBeNull();
    expect(readConfig(base).kubernetes).toMatchObject({
      namespace: null,
      volumeClaim: 'shared',
      server: null,
      openNetworks: [],
      pendingMinutes: 30,
      maxPendingPods: 50,
    });
  });

  it('need no claim', () => {
    const config = readConfig({ ...base, PUMPHOUSE_KUBERNETES_VOLUME_CLAIM: '' });
    expect(config.kubernetes?.volumeClaim).toBeNull();
  });

  it('recognize the server by labels or by networks', () => {
    const peers = (text: string) =>
      readConfig({ ...base, PUMPHOUSE_KUBERNETES_SERVER: text }).kubernetes?.server;
    expect(peers('app=pumphouse,part=api')).toEqual({ labels: { app: 'pumphouse', part: 'api' } });
    expect(peers('10.0.0.5/32,10.0.0.6/32')).toEqual({ networks: ['10.0.0.5/32', '10.0.0.6/32'] });
  });

  it('take a patch as YAML, as JSON and from a file', () => {
    const yaml =
      'pods:\n  spec:\n    nodeSelector: {pool: runs}\nsizes:\n  large:\n    spec: {priorityClassName: high}\n';
    const patches = {
      pods: { spec: { nodeSelector: { pool: 'runs' } } },
      sizes: { large: { spec: { priorityClassName: 'high' } } },
      workspaces: {},
    };
    const folder = mkdtempSync(join(tmpdir(), 'pumphouse-patch-'));
    const file = join(folder, 'patch.yaml');
    writeFileSync(file, yaml);
    for (const text of [yaml, JSON.stringify(patches), file])
      expect(readConfig({ ...base, PUMPHOUSE_KUBERNETES_POD_PATCH: text }).kubernetes?.patches).toEqual(
        patches,
      );
    rmSync(folder, { recursive: true });
  });

  it.each([
    [
      { PUMPHOUSE_ATTEMPTS_URL: '', PUMPHOUSE_ATTEMPTS_HOST: '' },
      /PUMPHOUSE_ATTEMPTS_URL and PUMPHOUSE_ATTEMPTS_HOST/,
    ],
    [{ PUMPHOUSE_KUBERNETES_SERVER: 'pumphouse' }, /KUBERNETES_SERVER.*must be labels/],
    [{ PUMPHOUSE_KUBERNETES_POD_PATCH: '{spec: {}}' }, /POD_PATCH: It must have the fields pods/],
    [{ PUMPHOUSE_KUBERNETES_POD_PATCH: 'pods: [' }, /POD_PATCH cannot be read/],
    [{ PUMPHOUSE_KUBERNETES_POD_PATCH: '/nowhere' }, /POD_PATCH cannot be read: .*\/nowhere/],
    [
      { PUMPHOUSE_KUBERNETES_POD_PATCH: '{workspaces: {a: {spec: {restartPolicy: Always}}}}' },
      /POD_PATCH: The patch may not change spec\.restartPolicy/,
    ],
  ])('refuse %j', (changes, message) => {
    expect(() => readConfig({ ...base, ...changes })).toThrow(message);
  });
});
