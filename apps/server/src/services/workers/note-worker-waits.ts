import type { ExplainedWait, ListedWorker } from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import type { ReportWaits } from '../runs/report-waits.ts';
import type { WaitedForWorker } from '../../domain/workers/worker-wait.ts';
import { deriveWorkerState } from '../../domain/workers/worker-state.ts';
import { describeWorkerWait } from '../../domain/workers/worker-wait.ts';

const explainedAtOnce = 200;
const reportedAtOnce = 20;

export type NoteWorkerWaits = ReturnType<typeof createNoteWorkerWaits>;

/** Creates the function that records why no worker and no server may claim a pending run. */
export function createNoteWorkerWaits(
  { store }: Persistence<'waits' | 'workers'>,
  reportWaits: Pick<ReportWaits, 'report'>,
) {
  return async function noteWorkerWaits(): Promise<void> {
    const runs = await store.waits.listUnclaimable(explainedAtOnce);
    if (runs.length === 0) return;
    const workersOf = new Map<string, WaitedForWorker[]>();
    for (const organizationId of new Set(runs.map((run) => run.organizationId))) {
      const listed = await store.workers.listOfOrganization(organizationId);
      workersOf.set(organizationId, listed.map(describeWorker));
    }
    const waits = runs.flatMap((run): ExplainedWait[] => {
      const { kind, reason } = describeWorkerWait(
        run.requiredLabels ?? {},
        workersOf.get(run.organizationId) ?? [],
      );
      if (run.waitReason === reason) return [];
      return [{ jobRunId: run.jobRunId, kind, reason, isSame: false }];
    });
    if (waits.length > 0) await store.waits.explain(waits);
    await reportWaits.report({ isQueued: false, limit: reportedAtOnce });
  };
}

function describeWorker(worker: ListedWorker): WaitedForWorker {
  return { name: worker.name, labels: worker.labels, state: deriveWorkerState(worker) };
}
