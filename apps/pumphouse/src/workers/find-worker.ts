import type { WorkerResponse } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { findOrganization } from '../organizations/find-organization.ts';
import type { Session } from '../session/session.ts';

export interface WorkerOptions {
  organization?: string;
}

/** Reads the workers that run jobs of an organization. */
export async function readWorkers(
  session: Session,
  { organization }: WorkerOptions,
): Promise<{ organizationId: string; workers: WorkerResponse[] }> {
  const { id: organizationId } = await findOrganization(session, organization);
  const params = { organization_id: organizationId };
  const { workers } = await session.client.call('list_workers', { params });
  return { organizationId, workers };
}

/**
 * Finds a worker by its name or id.
 * @throws CommandError worker_not_found
 */
export async function findWorker(session: Session, name: string, options: WorkerOptions) {
  const { organizationId, workers } = await readWorkers(session, options);
  const named = workers.filter((worker) => worker.id === name || worker.name === name);
  // An organization may name a worker like one of the installation, which it cannot change.
  const worker = named.find((one) => !one.is_shared) ?? named[0];
  if (worker) return { worker, params: { organization_id: organizationId, worker_id: worker.id } };
  throw new CommandError(`There is no worker ${name}.`, {
    code: 'worker_not_found',
    exitCode: exitCodes.notFound,
    nextStep: 'pumphouse worker list shows the workers.',
  });
}
