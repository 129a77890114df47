import type { JobRecord } from '../../store/records.ts';
import type { Logger } from 'pino';
import type { Persistence, Store } from '../../store/store.ts';
import type { PortRange } from '../../domain/primitives/port-range.ts';
import { isInRange } from '../../domain/primitives/port-range.ts';
import { ServiceError } from '../../platform/service-error.ts';

/**
 * Assigns an app a permanent port when it first needs one. The caller holds the lock of the job.
 * @returns the job with its port; unchanged if apps use host names
 * @throws ServiceError job_archived, no_app_port_left
 */
export type GivePort = (store: Pick<Store, 'appPorts'>, job: JobRecord) => Promise<JobRecord>;

/** @param ports null if apps use host names */
export function createGivePort(ports: PortRange | null): GivePort {
  return async (store, job) => {
    if (ports === null || (job.appPort !== null && isInRange(ports, job.appPort))) return job;
    if (job.isArchived)
      throw new ServiceError('job_archived', `The job ${job.jobRef} is archived, so it gets no port.`);
    const appPort = await store.appPorts.give(job.id, ports);
    if (appPort === null)
      throw new ServiceError(
        'no_app_port_left',
        `${job.jobRef} has no port yet, and no port from ${ports.first} to ${ports.last} is free: each belongs to an app, or did until recently.`,
      );
    return { ...job, appPort };
  };
}

/**
 * Assigns ports to published apps when the server starts, because public links are shared. An app lacks one
 * if apps used host names or another port range before. Failures are logged.
 */
export async function givePortsToPublished(
  persistence: Persistence<'appPorts' | 'apps' | 'jobs'>,
  givePort: GivePort,
  log: Pick<Logger, 'warn'>,
): Promise<void> {
  for (const jobId of await persistence.store.apps.listPublishedJobIds()) {
    try {
      await persistence.transaction(async (within) => {
        const [job] = await within.jobs.lock([jobId]);
        if (job) await givePort(within, job);
      });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      log.warn({ job: jobId, code: error.code }, `an app with a public link has no port: ${error.message}`);
    }
  }
}
