import type { Handlers } from '../handler.ts';
import type { Workers, WorkerWithToken } from '../../services/workers/workers.ts';
import { toWorker } from './workers-serializers.ts';

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
