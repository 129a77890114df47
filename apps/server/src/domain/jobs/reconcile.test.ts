import { describe, expect, it } from 'vitest';
import { reconcileJobs, type StoredJob } from './reconcile.ts';
import { buildDefinition } from './test-definition.ts';

const MODULE = '__deployment__';

describe('reconcileJobs', () => {
  it('creates, updates, archives and leaves unchanged, in that order', () => {
    const stored = [
      store('jobs.same'),
      store('jobs.gone'),
      store('jobs.changed'),
      store('jobs.other', { module: 'x' }),
    ];
    const incoming = [
      buildDefinition({ job_ref: 'jobs.same' }),
      buildDefinition({ job_ref: 'jobs.changed', description: 'new' }),
      buildDefinition({ job_ref: 'jobs.new' }),
    ];
    expect(summarize(reconcileJobs(stored, incoming, MODULE))).toEqual([
      'created jobs.new __deployment__',
      'updated jobs.changed __deployment__',
      'archived jobs.gone __deployment__',
      'unchanged jobs.same __deployment__',
    ]);
  });

  it('archives nothing in an ad hoc deployment, and does not change the owner of a job', () => {
    const stored = [store('jobs.a'), store('jobs.b', { module: null })];
    const incoming = [buildDefinition({ job_ref: 'jobs.a' }), buildDefinition({ job_ref: 'jobs.new' })];
    expect(summarize(reconcileJobs(stored, incoming, null))).toEqual([
      'created jobs.new null',
      'unchanged jobs.a __deployment__',
    ]);
  });

  it('does not archive jobs of other modules or without a module', () => {
    const stored = [store('jobs.a', { module: 'x' }), store('jobs.b', { module: null })];
    expect(reconcileJobs(stored, [buildDefinition({ job_ref: 'jobs.c' })], MODULE)).toHaveLength(1);
  });

  it('makes the deploying module the owner of a job', () => {
    const [decision] = reconcileJobs(
      [store('jobs.a', { module: 'x' })],
      [buildDefinition({ job_ref: 'jobs.a' })],
      MODULE,
    );
    expect(decision).toMatchObject({ outcome: 'unchanged', deploymentModule: MODULE });
  });

  it('updates a job that is restored from the archive, and does not archive twice', () => {
    const archived = store('jobs.a', { isArchived: true });
    expect(summarize(reconcileJobs([archived], [buildDefinition({ job_ref: 'jobs.a' })], MODULE))).toEqual([
      'updated jobs.a __deployment__',
    ]);
    expect(reconcileJobs([archived], [], MODULE)).toEqual([]);
  });

  it('ignores the order of keys', () => {
    const { triggers, ...rest } = buildDefinition({ job_ref: 'jobs.a' });
    expect(reconcileJobs([store('jobs.a')], [{ triggers, ...rest }], MODULE)[0]?.outcome).toBe('unchanged');
  });

  it('reports when a job loses its schedule', () => {
    const timed = buildDefinition({ job_ref: 'jobs.a', triggers: ['every:5m'] });
    const untimed = buildDefinition({ job_ref: 'jobs.a' });
    const owned = { isArchived: false, deploymentModule: MODULE };
    const losing = (before: typeof timed, after: (typeof timed)[]): boolean | undefined =>
      reconcileJobs([{ ...owned, definition: before }], after, MODULE)[0]?.losesSchedule;
    expect(losing(timed, [untimed])).toBe(true);
    expect(losing(timed, [])).toBe(true);
    expect(losing(untimed, [timed])).toBe(false);
    expect(losing(timed, [timed])).toBe(false);
  });
});

function store(
  ref: string,
  { module = MODULE, isArchived = false }: { module?: string | null; isArchived?: boolean } = {},
): StoredJob {
  return { definition: buildDefinition({ job_ref: ref }), isArchived, deploymentModule: module };
}

function summarize(decisions: ReturnType<typeof reconcileJobs>): string[] {
  return decisions.map(({ outcome, ref, deploymentModule }) => `${outcome} ${ref} ${deploymentModule}`);
}
