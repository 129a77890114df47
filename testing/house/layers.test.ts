import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { measureHouse } from './measure.ts';
import { repositoryFolder } from '../fixtures/server.ts';

/**
 * Feature names. Layers with folders by feature use these names, so that a feature has the same name in each
 * layer.
 */
const features = [
  'alerts',
  'apps',
  'attempts',
  'audit',
  'backfills',
  'backups',
  'cost',
  'deliveries',
  'doctor',
  'environments',
  'events',
  'inputs',
  'jobs',
  'keys',
  'lineage',
  'live',
  'local-data',
  'logs',
  'people',
  'pipelines',
  'playground',
  'retention',
  'runs',
  'scheduling',
  'secret-keys',
  'sign-in',
  'telemetry',
  'upgrades',
  'variables',
  'versions',
  'webhooks',
  'workers',
  'workspaces',
];

/** Folders of a layer for parts that belong to no feature. */
const otherFolders: Record<string, string[]> = {
  'apps/server/src/domain': ['primitives'],
  'apps/server/src/services': ['paging', 'testing'],
  'apps/server/src/store/postgres': ['embedded', 'statements', 'testing'],
  'apps/server/src/api': ['probes', 'serializers', 'testing'],
  'packages/contract/src/schemas': [],
  'apps/web/src/pages': ['first-steps', 'overview'],
};

describe('the layers of the server', () => {
  it('import only what is below them', () => {
    expect(measureHouse(repositoryFolder).backwardArrows).toEqual([]);
  });

  it.each(Object.entries(otherFolders))('name their folders by feature in %s', async (layer, others) => {
    const entries = await readdir(join(repositoryFolder, layer), { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    expect(folders.filter((name) => !features.includes(name) && !others.includes(name))).toEqual([]);
  });
});
