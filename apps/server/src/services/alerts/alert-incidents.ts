import type {
  AlertIncidentRecord,
  AlertJob,
  AlertRuleRecord,
  IncidentFilter,
  IncidentSortKey,
  JobMuteRecord,
  ListedIncident,
} from '../../store/records.ts';
import type { Clock } from '../scheduling/clock.ts';
import type { Page, PageRequest } from '../paging/read-page.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { RuleChanger, RuleReader } from './alert-rules.ts';
import { chooseRules } from '../../domain/alerts/derive-occurrences.ts';
import { createPageReader } from '../paging/read-page.ts';
import { recordChange } from '../audit/audit.ts';
import { requireFutureEnd } from './pause-end.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { untilLifted } from '../../domain/alerts/mutes.ts';

type Stores =
  'alertIncidents' | 'alertJobMutes' | 'alertRules' | 'alertSources' | 'auditLog' | 'installation';

/** How alerts treat one job. */
export interface JobAlerts {
  jobId: string;
  mute: JobMuteRecord | undefined;
  /** The enabled rules that cover it. */
  rules: AlertRuleRecord[];
}

export type AlertIncidents = ReturnType<typeof createAlertIncidents>;

/** Manages incidents and the mutes of jobs. */
export function createAlertIncidents(persistence: Persistence<Stores>, clock: Clock) {
  const { store } = persistence;
  const readPage = createPageReader();

  async function get(
    { alertIncidents }: Pick<Store, 'alertIncidents'>,
    reader: RuleReader,
    incidentId: string,
  ): Promise<ListedIncident> {
    const incident = await alertIncidents.get(reader.workspaceId, incidentId);
    if (!incident || !isVisible(incident, reader)) throw noIncident(incidentId);
    return incident;
  }

  /** @throws ServiceError not_found, alert_resolved */
  async function change(
    { workspaceId, isOwner }: RuleChanger,
    incidentId: string,
    action: string,
    work: (tx: Pick<Store, Stores>, now: Date) => Promise<unknown>,
  ): Promise<ListedIncident> {
    return persistence.transaction(async (tx) => {
      const incident = await tx.alertIncidents.lock(workspaceId, incidentId);
      if (!incident || !isVisible(incident, { workspaceId, isOwner })) throw noIncident(incidentId);
      if (incident.resolvedAt !== null)
        throw new ServiceError('alert_resolved', 'The incident is resolved already.');
      await work(tx, await clock(tx));
      await recordChange(tx, {
        workspaceId,
        action,
        target: { kind: 'alert-incident', id: incidentId, name: incident.title },
        before: null,
        after: null,
      });
      return get(tx, { workspaceId, isOwner }, incidentId);
    });
  }

  async function getJob(
    { alertSources }: Pick<Store, 'alertSources'>,
    workspaceId: string,
    jobId: string,
  ): Promise<AlertJob> {
    const job = await alertSources.getJob(workspaceId, jobId);
    if (!job) throw new ServiceError('not_found', `There is no job ${jobId}.`);
    return job;
  }

  async function readJob(tx: Pick<Store, Stores>, reader: RuleReader, jobId: string): Promise<JobAlerts> {
    const job = await getJob(tx, reader.workspaceId, jobId);
    const rules = (await tx.alertRules.list(reader.workspaceId)).filter((rule) => rule.isEnabled);
    const kinds = rules
      .map(({ kind }) => kind)
      .filter((kind) => !['storage_near_limit', 'limits_near_end', 'ticks_behind'].includes(kind));
    return { jobId, mute: await tx.alertJobMutes.get(jobId), rules: chooseRules(rules, kinds, job) };
  }

  async function changeMute(changer: RuleChanger, jobId: string, until: Date | null): Promise<JobAlerts> {
    const { workspaceId, userId } = changer;
    return persistence.transaction(async (tx) => {
      const job = await getJob(tx, workspaceId, jobId);
      const now = await clock(tx);
      if (until) requireFutureEnd(until, now);
      if (until === null) await tx.alertJobMutes.remove(jobId);
      else await tx.alertJobMutes.set({ jobId, workspaceId, mutedUntil: until, mutedBy: userId });
      await tx.alertIncidents.wakeOfJob(jobId, now);
      await recordChange(tx, {
        workspaceId,
        action: until === null ? 'job.unmute-alerts' : 'job.mute-alerts',
        target: { kind: 'job', id: jobId, name: job.jobRef },
        before: null,
        after: until && { until: until.toISOString() },
      });
      return readJob(tx, changer, jobId);
    });
  }

  return {
    /** Newest occurrence first unless sorted. */
    list: (
      reader: RuleReader,
      filter: IncidentFilter,
      page: PageRequest<IncidentSortKey>,
    ): Promise<Page<ListedIncident>> =>
      readPage(page, store.alertIncidents.list(reader.workspaceId, filter, reader)),

    /** @throws ServiceError not_found */
    get: (reader: RuleReader, incidentId: string): Promise<ListedIncident> => get(store, reader, incidentId),

    /**
     * Stops the reminders of an incident.
     * @throws ServiceError not_found, alert_resolved
     */
    acknowledge: (changer: RuleChanger, incidentId: string): Promise<ListedIncident> =>
      change(changer, incidentId, 'alert-incident.acknowledge', (tx, now) =>
        tx.alertIncidents.acknowledge(incidentId, changer.userId, now),
      ),

    /**
     * Sends no message until then, and a reminder at that time if the incident is still open.
     * @throws ServiceError not_found, alert_resolved, alert_pause_in_past
     */
    snooze: (changer: RuleChanger, incidentId: string, until: Date): Promise<ListedIncident> =>
      change(changer, incidentId, 'alert-incident.snooze', (tx, now) => {
        requireFutureEnd(until, now);
        return tx.alertIncidents.snooze(incidentId, until, now);
      }),

    /**
     * Resolves an incident. If its condition lasts, the next occurrence opens another one.
     * @throws ServiceError not_found, alert_resolved
     */
    resolve: (changer: RuleChanger, incidentId: string): Promise<ListedIncident> =>
      change(changer, incidentId, 'alert-incident.resolve', (tx, at) =>
        tx.alertIncidents.resolve(incidentId, {
          userId: changer.userId,
          resolution: 'Resolved by a member.',
          at,
        }),
      ),

    /** @throws ServiceError not_found */
    getJobAlerts: (reader: RuleReader, jobId: string): Promise<JobAlerts> => readJob(store, reader, jobId),

    /**
     * @param until null: until the mute is lifted
     * @throws ServiceError not_found, alert_pause_in_past
     */
    muteJob: (changer: RuleChanger, jobId: string, until: Date | null): Promise<JobAlerts> =>
      changeMute(changer, jobId, until ?? untilLifted),

    unmuteJob: (changer: RuleChanger, jobId: string): Promise<JobAlerts> => changeMute(changer, jobId, null),
  };
}

function isVisible({ kind }: Pick<AlertIncidentRecord, 'kind'>, { isOwner }: RuleReader): boolean {
  return isOwner || kind !== 'ticks_behind';
}

function noIncident(incidentId: string): ServiceError {
  return new ServiceError('not_found', `There is no incident ${incidentId}.`);
}
