import type { ListedWorker, WorkerMode, WorkerRecord } from '../../store/records.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { randomBytes } from 'node:crypto';
import { hashToken, workerTokenPrefix } from './authenticate-worker.ts';
import { recordChange } from '../audit/audit.ts';
import { ServiceError } from '../../platform/service-error.ts';

type Stores = 'auditLog' | 'pendingPackages' | 'storage' | 'workers';

/** A worker with a new token, which is shown once. */
export interface WorkerWithToken {
  worker: ListedWorker;
  token: string;
}

export type Workers = ReturnType<typeof createWorkers>;

const modeActions = { active: 'worker.resume', paused: 'worker.pause', draining: 'worker.drain' } as const;

/**
 * Manages workers. Members of an organization manage its own workers; those of the installation belong to its
 * operators, who pass null as the organization.
 */
export function createWorkers(persistence: Persistence<Stores>) {
  const { store } = persistence;

  async function get(workerId: string): Promise<ListedWorker> {
    const worker = await store.workers.get(workerId);
    if (!worker) throw new Error(`The worker ${workerId} is not there after it was changed`);
    return worker;
  }

  /** @throws ServiceError not_found for a worker of another organization, or of the installation */
  async function change<T>(
    organizationId: string | null,
    workerId: string,
    work: (tx: Pick<Store, Stores>, worker: WorkerRecord) => Promise<T>,
  ): Promise<T> {
    return persistence.transaction(async (tx) => {
      const worker = await tx.workers.hold(workerId);
      if (!worker || worker.organizationId !== organizationId)
        throw new ServiceError('not_found', `There is no worker ${workerId} here.`);
      return work(tx, worker);
    });
  }

  return {
    /** Lists the workers that may run jobs of an organization: its own, and those of the installation. */
    list: (organizationId: string): Promise<ListedWorker[]> =>
      store.workers.listOfOrganization(organizationId),

    /** For operators: lists all workers. */
    listAll: (): Promise<ListedWorker[]> => store.workers.listAll(),

    /** @throws ServiceError worker_exists */
    async create(organizationId: string | null, name: string): Promise<WorkerWithToken> {
      const { token, tokenHash } = createToken();
      const id = await persistence.transaction(async (tx) => {
        const created = await tx.workers.create({ organizationId, name, tokenHash });
        if (created === null)
          throw new ServiceError(
            'worker_exists',
            `There is a worker with the name ${name}. Choose another name.`,
          );
        await recordChange(tx, {
          ...aboutWorker({ id: created, name, organizationId }),
          action: 'worker.create',
          before: null,
          after: { name },
        });
        return created;
      });
      return { worker: await get(id), token };
    },

    /**
     * Creates a new token for a worker and revokes the one before, which ends its connection. The worker keeps
     * its runs.
     * @throws ServiceError not_found
     */
    async replaceToken(organizationId: string | null, workerId: string): Promise<WorkerWithToken> {
      const { token, tokenHash } = createToken();
      await change(organizationId, workerId, async (tx, worker) => {
        await tx.workers.setToken(workerId, tokenHash);
        await recordChange(tx, {
          ...aboutWorker(worker),
          action: 'worker.replace-token',
          before: null,
          after: null,
        });
      });
      return { worker: await get(workerId), token };
    },

    /** @throws ServiceError not_found */
    async setMode(organizationId: string | null, workerId: string, mode: WorkerMode): Promise<ListedWorker> {
      await change(organizationId, workerId, async (tx, worker) => {
        if (worker.mode === mode) return;
        await tx.workers.setMode(workerId, mode);
        await recordChange(tx, {
          ...aboutWorker(worker),
          action: modeActions[mode],
          before: { mode: worker.mode },
          after: { mode },
        });
      });
      return get(workerId);
    },

    /**
     * Removes a worker and revokes its token, which ends its connection. Its active runs are unknown until they
     * are ended by force. What is pending on its disk is gone.
     * @throws ServiceError not_found
     */
    remove: (organizationId: string | null, workerId: string): Promise<void> =>
      change(organizationId, workerId, async (tx, worker) => {
        await tx.workers.remove(workerId);
        await tx.storage.environments.forgetWorker(workerId);
        await tx.pendingPackages.endOfWorker(workerId);
        await recordChange(tx, {
          ...aboutWorker(worker),
          action: 'worker.remove',
          before: { name: worker.name },
          after: null,
        });
      }),
  };
}

function aboutWorker({ id, name, organizationId }: Pick<WorkerRecord, 'id' | 'name' | 'organizationId'>) {
  return { organizationId, workspaceId: null, target: { kind: 'worker' as const, id, name } };
}

function createToken() {
  const token = `${workerTokenPrefix}${randomBytes(32).toString('base64url')}`;
  return { token, tokenHash: hashToken(token) };
}
