import type { Backlog } from '../../services/runs/read-backlog.ts';
import type { Readiness } from './readiness.ts';
import { expect, it } from 'vitest';
import { registerState } from './metrics-serializers.ts';

const readiness: Readiness = {
  ok: true,
  reasons: [],
  degraded: [],
  loops: [],
  templates: null,
  load: null,
  ticks: null,
};

const backlog: Backlog = {
  pipelineWaits: { runs: 2, maxSeconds: 61.5 },
  lastBackupAt: new Date('2026-11-30T02:00:00Z'),
  onlineMigrations: [
    { name: '0065_index.sql', percent: 43, failure: null },
    { name: '0066_rows.sql', percent: null, failure: 'no space left' },
  ],
  packages: [
    { step: 'extracted', packages: 3, bytes: 1000, maxSeconds: 10 },
    { step: 'normalized', packages: 1, bytes: 24, maxSeconds: 7200 },
  ],
  pendingPipelines: 2,
  backfills: [
    { status: 'running', pauseReason: null, count: 3, unprepared: 0 },
    { status: 'paused', pauseReason: 'failures', count: 4, unprepared: 0 },
  ],
  windows: { waiting: 90, running: 8 },
};

async function listSamples(backlog: Backlog | null): Promise<string[]> {
  const text = await registerState(readiness, backlog).metrics();
  return text.split('\n').filter((line) => /^pumphouse_(backfill|online|pending|pipeline)/.test(line));
}

it('shows what is left to do, every label from the start', async () => {
  expect(await listSamples(backlog)).toEqual([
    'pumphouse_pipeline_waits 2',
    'pumphouse_pipeline_waits_longest_seconds 61.5',
    'pumphouse_pending_packages{step="extracted"} 3',
    'pumphouse_pending_packages{step="normalized"} 1',
    'pumphouse_pending_packages{step="partly_loaded"} 0',
    'pumphouse_pending_packages_bytes 1024',
    'pumphouse_pending_packages_oldest_seconds 7200',
    'pumphouse_pending_pipelines 2',
    'pumphouse_backfills{state="preparing"} 0',
    'pumphouse_backfills{state="running"} 3',
    'pumphouse_backfills{state="paused"} 4',
    'pumphouse_backfills{state="cancelling"} 0',
    'pumphouse_backfills_paused{reason="user"} 0',
    'pumphouse_backfills_paused{reason="failures"} 4',
    'pumphouse_backfills_paused{reason="job_archived"} 0',
    'pumphouse_backfills_paused{reason="schedule_changed"} 0',
    'pumphouse_backfills_paused{reason="job_refreshes"} 0',
    'pumphouse_backfill_windows{state="waiting"} 90',
    'pumphouse_backfill_windows{state="running"} 8',
    'pumphouse_online_migrations 2',
    'pumphouse_online_migrations_failed 1',
    'pumphouse_online_migration_progress_ratio 0.43',
  ]);
});

it('has no sample of the last backup and of online migrations without any', async () => {
  const text = await registerState(readiness, {
    ...backlog,
    lastBackupAt: null,
    onlineMigrations: [],
  }).metrics();
  expect(text).not.toMatch(/^pumphouse_(backup_last_timestamp_seconds|online_migration_progress_ratio)/m);
});

it('shows nothing of it while the database does not answer', async () => {
  expect(await listSamples(null)).toEqual([]);
});
