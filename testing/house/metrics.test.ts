import type { Backlog } from '@pumphouse/server/services/runs/read-backlog.ts';
import type { Readiness } from '@pumphouse/server/api/probes/readiness.ts';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collectProcessMetrics } from '@pumphouse/server/compose/process-metrics.ts';
import { createInstruments } from '@pumphouse/server/platform/instruments.ts';
import { registerState } from '@pumphouse/server/api/probes/metrics-serializers.ts';
import { repositoryFolder } from '../fixtures/server.ts';

/** Everything that `/metrics` of a server can have, by name, with its type. */
async function listMetrics(): Promise<Record<string, string>> {
  const instruments = createInstruments();
  instruments.watchPool(() => ({ total: 1, idle: 1, waiting: 0 }));
  collectProcessMetrics(instruments.registry)();
  const pool = { pending: 0, active: 0, slots: 0, free: 0, demand: 0 };
  const readiness: Readiness = {
    ok: true,
    reasons: [],
    degraded: [],
    loops: [],
    templates: { count: 0, memoryBytes: 0, runs: 0 },
    ticks: { seconds: 0, isBehind: false },
    disk: { freeBytes: 1, sizeBytes: 1 },
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
  const backlog: Backlog = {
    pipelineWaits: { runs: 0, maxSeconds: 0 },
    lastBackupAt: new Date(0),
    onlineMigrations: [{ name: '0065_index.sql', percent: 43, failure: null }],
    packages: [],
    pendingPipelines: 0,
    backfills: [],
    windows: { waiting: 0, running: 0 },
  };
  const state = await registerState(readiness, backlog).metrics();
  const text = state + (await instruments.registry.metrics());
  return Object.fromEntries(
    [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', type = '']) => [name, type]),
  );
}

const read = (path: string) => readFile(join(repositoryFolder, path), 'utf8');

describe('the metrics of a server', () => {
  it('are all in docs/operate/observability.md, with their type', async () => {
    const text = await read('docs/operate/observability.md');
    const rows = [...text.matchAll(/^\| `(\w+)` +\| (gauge|counter|histogram) /gm)];
    const documented = Object.fromEntries(rows.map(([, name = '', type = '']) => [name, type]));
    expect(documented).toEqual(await listMetrics());
  });

  it.each([
    'deploy/prometheus/alerts.yml',
    'deploy/prometheus/alerts.test.yml',
    'deploy/grafana/pumphouse.json',
    'docs/operate/observability.md',
  ])('have the names that %s uses', async (path) => {
    const existing = new Set(Object.keys(await listMetrics()));
    const used = [...(await read(path)).matchAll(/\b(?:pumphouse|process|nodejs)_\w+/g)].map(([name]) =>
      name.replace(/_(bucket|count|sum)$/, ''),
    );
    expect(used.length).toBeGreaterThan(3);
    expect(used.filter((name) => !existing.has(name))).toEqual([]);
  });
});
