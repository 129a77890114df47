import type { Handlers } from '../handler.ts';
import type { ListedWorker } from '../../store/records.ts';
import type { WorkerResponse } from '@pumphouse/contract';
import type { Workers, WorkerWithToken } from '../../services/workers/workers.ts';
import { deriveWorkerState } from '../../domain/workers/worker-state.ts';
import { toInstant, toInstantOrNull } from '../serializers/instants.ts';

type Operations =
  | 'list_workers'
  | 'create_worker'
  | 'replace_worker_token'
  | 'pause_worker'
  | 'drain_worker'
  | 'resume_worker'
  | 'remove_worker';

export function createWorkerHandlers({ workers }: { workers: Workers }): Pick<Handlers, Operations> {
  return {
    async list_workers({ params }) {
      return { workers: (await workers.list(params.organization_id)).map(toWorker) };
    },
    async create_worker({ params, body: { name } }) {
      return toWorkerWithToken(await workers.create(params.organization_id, name));
    },
    async replace_worker_token({ params: { organization_id: organizationId, worker_id: workerId } }) {
      return toWorkerWithToken(await workers.replaceToken(organizationId, workerId));
    },
    async pause_worker({ params: { organization_id: organizationId, worker_id: workerId } }) {
      return toWorker(await workers.setMode(organizationId, workerId, 'paused'));
    },
    async drain_worker({ params: { organization_id: organizationId, worker_id: workerId } }) {
      return toWorker(await workers.setMode(organizationId, workerId, 'draining'));
    },
    async resume_worker({ params: { organization_id: organizationId, worker_id: workerId } }) {
      return toWorker(await workers.setMode(organizationId, workerId, 'active'));
    },
    async remove_worker({ params: { organization_id: organizationId, worker_id: workerId } }) {
      await workers.remove(organizationId, workerId);
    },
  };
}

function toWorkerWithToken({ worker, token }: WorkerWithToken) {
  return { ...toWorker(worker), token };
}

function toWorker(worker: ListedWorker): WorkerResponse {
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
