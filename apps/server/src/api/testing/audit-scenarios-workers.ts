import type { Scenario, Scenarios } from './audit-scene.ts';
import type { WorkerMode } from '../../store/records.ts';
import { createWorkers } from '../../services/workers/workers.ts';

/** Creates a worker in this mode and puts its id into the path. */
const ofWorker = (mode: WorkerMode): Pick<Scenario, 'prepare'> => ({
  prepare: async ({ api, organization }) => {
    const workers = createWorkers(api.persistence);
    const { worker } = await workers.create(organization.id, 'edge-1');
    await workers.setMode(organization.id, worker.id, mode);
    return { params: { worker_id: worker.id } };
  },
});

/** Scenarios for workers. */
export const workerScenarios: Scenarios = {
  create_worker: { action: 'worker.create', prepare: () => ({ payload: { name: 'edge-2' } }) },
  replace_worker_token: { action: 'worker.replace-token', ...ofWorker('active') },
  pause_worker: { action: 'worker.pause', ...ofWorker('active') },
  drain_worker: { action: 'worker.drain', ...ofWorker('active') },
  resume_worker: { action: 'worker.resume', ...ofWorker('paused') },
  remove_worker: { action: 'worker.remove', ...ofWorker('active') },
};
