import type { ListedWorker } from '../../store/records.ts';
import type { WorkerResponse } from '@pumphouse/contract';
import { deriveWorkerState } from '../../domain/workers/worker-state.ts';
import { toInstant, toInstantOrNull } from '../serializers/instants.ts';

export function toWorker(worker: ListedWorker): WorkerResponse {
  return {
    id: worker.id,
    name: worker.name,
    is_shared: worker.organizationId === null,
    state: deriveWorkerState(worker),
    mode: worker.mode,
    labels: worker.labels,
    executor: worker.executor,
    version: worker.version,
    host_name: worker.hostName,
    active_runs: worker.activeRuns,
    batch_slots: worker.batchSlots,
    app_slots: worker.appSlots,
    last_seen_at: toInstantOrNull(worker.seenAt),
    created_at: toInstant(worker.createdAt),
  };
}
