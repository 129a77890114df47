import type { ApiFixture } from '../testing/api-fixture.ts';
import type { JobRunRecord } from '../../store/records.ts';
import type { SeededRun } from '../testing/seed-run.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiFixture, defineJob } from '../testing/api-fixture.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { readCapturedBody } from '../../../../../testing/fixtures/captured-bodies.ts';
import { runnerLine } from '../../domain/logs/log-line.ts';
import { seedRun } from '../testing/seed-run.ts';
import { setAttempt } from '../../store/postgres/testing/attempts.ts';

let api: ApiFixture;
let seeded: SeededRun;
const nobody = '00000000-0000-4000-8000-000000000000';

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  seeded = await seedRun(api);
});

const at = () => ({ workspaceId: seeded.workspaceId, membershipId: seeded.owner.membershipId });

async function startRun(jobId = seeded.run.jobId): Promise<JobRunRecord> {
  const options = { trigger: 'manual:', profile: null, refresh: false, skipFreshness: false };
  return (await api.startRuns.createRun({ ...at(), ...options, jobId, mode: 'always' })).run;
}

/** Simulates a run: its log lines, the reports of its pipelines, and its end. */
async function carryOut(
  run: JobRunRecord,
  { lines = [], traces = [], failed = false }: { lines?: string[]; traces?: unknown[]; failed?: boolean },
): Promise<void> {
  const { id } = await api.createAttempt(run);
  await setAttempt(api.testDatabase.database, id, { begunBy: 'nonce', begunAt: new Date() });
  const time = '2026-03-10T10:00:00Z';
  const records = [
    ...lines.map((text) => ({ kind: 'log', at: time, io: 'stdout', text })),
    ...traces.map((body) => ({ kind: 'beacon', at: time, type: 'trace', body: JSON.stringify(body) })),
  ];
  const spool = records.map((record, n) => `${JSON.stringify({ n, ...record })}\n`).join('');
  await api.services.recordSpool.record(id, 0, Buffer.from(spool));
  // This failure is not retried.
  const failure = { code: 'out_of_memory' as const, detail: 'It took more than it may.' };
  await api.finishRun(run.id, failed ? { status: 'failed', failure } : { status: 'completed' });
}

async function get(run: JobRunRecord, name: string, query = '') {
  const url = `/pumphouse/v1/workspaces/${seeded.workspaceId}/job-runs/${run.id}/${name}${query}`;
  return api.app.inject({ url, headers: { authorization: `Bearer ${seeded.owner.key}` } });
}
const compare = async (run: JobRunRecord, query = '') =>
  readAnswer('compare_job_runs', await get(run, 'comparison', query));
const compareLogs = async (run: JobRunRecord, query = '') =>
  readAnswer('compare_job_run_logs', await get(run, 'log-comparison', query));

describe('the comparison of two runs', () => {
  it('is empty if no earlier run completed', async () => {
    await carryOut(seeded.run, { failed: true });
    const run = await startRun();
    expect(await compare(run)).toMatchObject({
      base: null,
      target: { id: run.id, number: run.number, status: 'pending', trigger_text: 'manual' },
      is_job_changed: false,
      is_code_changed: false,
      job_changes: [],
      pipelines: [],
      tables: [],
      is_truncated: false,
    });
  });

  it('uses the last completed run, or the one that is named', async () => {
    const runs = [seeded.run];
    await carryOut(seeded.run, {});
    for (const failed of [false, true, true]) {
      const run = await startRun();
      runs.push(run);
      await carryOut(run, { failed });
    }
    const [first, second, third, last] = runs;
    if (!first || !second || !third || !last) throw new Error('There are too few runs');
    expect((await compare(last)).base).toMatchObject({ id: second.id, status: 'completed' });
    expect((await compare(second)).base?.id).toBe(first.id);
    expect((await compare(last, `?base_id=${third.id}`)).base?.id).toBe(third.id);
    expect((await compare(first, `?base_id=${last.id}`)).base?.id).toBe(last.id);
  });

  it('shows changes of job, code and configuration, and the duration of both', async () => {
    await carryOut(seeded.run, {});
    await api.createPackages(seeded.workspaceId, seeded.owner.membershipId);
    await api.services.deploy({
      ...at(),
      jobs: [defineJob('jobs.m.f', { execute: { concurrency: 3 } })],
      deploymentModule: null,
      dryRun: false,
    });
    const run = await startRun();
    await carryOut(run, {});
    const compared = await compare(run);
    expect(compared).toMatchObject({
      base: { job_version: 1, deployment_version: 1, configuration_version: 1, attempt_count: 1 },
      target: { job_version: 2, deployment_version: 2, configuration_version: 2, attempt_count: 1 },
      is_job_changed: true,
      is_code_changed: true,
      is_configuration_changed: true,
      job_changes: [{ key: 'execute.concurrency', change: 'added', before: null, after: '3' }],
    });
    for (const side of [compared.base, compared.target])
      expect(side?.phases.map(({ name }) => name)).toContain('environment');
  });

  it('compares table rows, step durations and schemas of its pipelines', async () => {
    await carryOut(seeded.run, { traces: [readCapturedBody('ok/002-trace')] });
    const run = await startRun();
    await carryOut(run, { traces: [readCapturedBody('ok/002-trace'), readCapturedBody('ok/005-trace')] });
    const { pipelines, tables } = await compare(run);
    const first = pipelines.find(({ before }) => before !== null);
    expect(first?.before).toMatchObject({ pipeline_run_count: 1, status: 'succeeded' });
    expect(first?.after?.rows_loaded).toBeGreaterThanOrEqual(first?.before?.rows_loaded ?? Infinity);
    expect(first?.before?.extract_duration_ms).toBeGreaterThan(0);
    expect(first?.before?.schemas[0]?.version_hash).toMatch(/=$/);
    expect(tables.length).toBeGreaterThan(0);
    expect(tables.some(({ before }) => (before?.rows_loaded ?? 0) > 0)).toBe(true);
  });

  it.each(['comparison', 'log-comparison'])('by %s rejects a run of another job', async (name) => {
    const deployed = await api.services.deploy({
      ...at(),
      jobs: [defineJob('jobs.m.other')],
      deploymentModule: null,
      dryRun: false,
    });
    const other = await startRun(deployed.jobs[0]?.job.id);
    const refused = await get(seeded.run, name, `?base_id=${other.id}`);
    expect(refused.json()).toMatchObject({ code: 'invalid_request', status_code: 400 });
    const elsewhere = await seedRun(api);
    for (const id of [elsewhere.run.id, nobody])
      expect((await get(seeded.run, name, `?base_id=${id}`)).json()).toMatchObject({ code: 'not_found' });
    expect((await get({ ...seeded.run, id: nobody }, name)).json()).toMatchObject({ code: 'not_found' });
  });
});

describe('the comparison of two logs', () => {
  it('has no base if no earlier run completed', async () => {
    await carryOut(seeded.run, { lines: ['a'] });
    expect(await compareLogs(seeded.run)).toEqual({
      base: null,
      target: {
        job_run_id: seeded.run.id,
        number: 1,
        line_count: 1,
        compared_line_count: 1,
        is_cut: false,
        is_removed: false,
      },
      outcome: 'no_base',
      hunks: [],
    });
  });

  it('returns lines that differ in more than times and numbers, across all attempts', async () => {
    await carryOut(seeded.run, { lines: ['10:00:01 loaded 5 rows', 'all is well'] });
    const run = await startRun();
    await carryOut(run, { lines: ['11:30:09 loaded 7 rows', 'ValueError: bad'], failed: true });
    const { outcome, base, target, hunks } = await compareLogs(run);
    expect([outcome, base?.line_count, target.line_count]).toEqual(['compared', 2, 3]);
    expect(hunks).toHaveLength(1);
    const shown = hunks[0]?.lines.map(({ kind, text, old_number: old, new_number: fresh }) => [
      kind,
      old,
      fresh,
      text,
    ]);
    expect(shown).toEqual([
      ['context', 1, 1, '11:30:09 loaded 7 rows'],
      ['removed', 2, null, 'all is well'],
      ['added', null, 2, 'ValueError: bad'],
      ['added', null, 3, expect.stringContaining('out_of_memory') as string],
    ]);
  });

  it('covers the end of a long log, and the beginning of a long line', async () => {
    const many = Array.from({ length: 5003 }, (_, n) => `line ${n}`);
    const attempt = await api.createAttempt(seeded.run);
    await api.attemptLog.write(
      seeded.run.id,
      attempt.id,
      many.map((text) => runnerLine(text, new Date())),
    );
    await api.finishRun(seeded.run.id, { status: 'completed' });
    const run = await startRun();
    await carryOut(run, { lines: ['x'.repeat(2000)] });
    const { base, hunks } = await compareLogs(run);
    expect(base).toMatchObject({ line_count: 5003, compared_line_count: 5000, is_cut: true });
    const lines = hunks[0]?.lines ?? [];
    expect(lines).toHaveLength(5001);
    expect(lines[0]).toMatchObject({ kind: 'removed', old_number: 4, text: 'line 3' });
    expect(lines.at(-1)?.text).toHaveLength(501);
  });

  it('reports that the log was removed', async () => {
    await carryOut(seeded.run, { lines: ['a', 'b'] });
    for (const { id } of await api.persistence.store.attempts.listOfRun(seeded.run.id))
      await setAttempt(api.testDatabase.database, id, { logRemovedAt: new Date() });
    const run = await startRun();
    await carryOut(run, { lines: ['a', 'b'] });
    const { base } = await compareLogs(run);
    expect(base).toMatchObject({ line_count: 1, is_removed: true });
  });
});
