import type { Scenario, Scenarios } from './audit-scene.ts';

const dayMs = 86_400_000;
/** The last days, in which the job of the scene has windows. */
const days = () => ({
  start: new Date(Date.now() - 5 * dayMs).toISOString(),
  end: new Date(Date.now() - dayMs).toISOString(),
});

/** Creates a backfill of the scene's job and puts its id into the path. */
const ofBackfill = (payload: object | undefined, change?: 'pause' | 'fail'): Pick<Scenario, 'prepare'> => ({
  prepare: async ({ api, at, jobId }) => {
    const { createBackfills, changeBackfills, advanceBackfills } = api.services;
    const { start, end } = days();
    const backfill = await createBackfills.create({
      ...at,
      jobId,
      start: new Date(start),
      end: new Date(end),
      mode: 'missing',
      chunkTicks: 1,
      newestFirst: false,
      parallel: 1,
      profile: null,
      priority: null,
      maxFailures: null,
    });
    if (change === 'pause')
      await changeBackfills.pause({ workspaceId: at.workspaceId, backfillId: backfill.id });
    if (change === 'fail') {
      await advanceBackfills.advance(backfill.id);
      const [run] = await api.persistence.store.backfillWindows.listRunning(backfill.id);
      await api.services.finishRun(run ?? '', { status: 'cancelled' });
    }
    return { params: { backfill_id: backfill.id }, ...(payload && { payload }) };
  },
});

/** Scenarios for backfills. */
export const backfillScenarios: Scenarios = {
  create_backfill: {
    action: 'backfill.create',
    prepare: ({ jobId }) => ({ params: { job_id: jobId }, payload: days() }),
  },
  invalidate_job_windows: {
    action: 'job.invalidate-windows',
    prepare: ({ jobId }) => ({
      params: { job_id: jobId },
      payload: { ...days(), reason: 'The source was wrong.' },
    }),
  },
  change_backfill: { action: 'backfill.change', ...ofBackfill({ parallel: 4 }) },
  pause_backfill: { action: 'backfill.pause', ...ofBackfill(undefined) },
  resume_backfill: { action: 'backfill.resume', ...ofBackfill(undefined, 'pause') },
  cancel_backfill: { action: 'backfill.cancel', ...ofBackfill({}) },
  skip_backfill_windows: { action: 'backfill.skip', ...ofBackfill({ windows: [2] }) },
  retry_backfill: { action: 'backfill.retry', ...ofBackfill({}, 'fail') },
};
