import type { AlertKind, AlertSeverity } from '@pumphouse/contract';
import type { Conditions, Sorting } from '../statements/conditions.ts';
import type { IncidentText } from '../../../domain/alerts/incident-text.ts';
import type { ListOrder, RowList } from '../statements/keyset.ts';
import type { Queryable } from '../pool.ts';
import { columns } from '../statements/columns.ts';
import { countRows, readRange, walk } from '../statements/keyset.ts';
import { createConditions } from '../statements/conditions.ts';
import { named } from '../statements/named.ts';

export interface AlertIncidentRecord extends Pick<IncidentText, 'title' | 'details' | 'facts' | 'links'> {
  id: string;
  workspaceId: string;
  ruleId: string;
  kind: AlertKind;
  severity: AlertSeverity;
  subject: string;
  jobId: string | null;
  jobRef: string | null;
  jobRunId: string | null;
  pipelineName: string | null;
  occurrenceCount: number;
  firstAt: Date;
  lastAt: Date;
  resolvedAt: Date | null;
  resolution: string | null;
  acknowledgedAt: Date | null;
  snoozedUntil: Date | null;
  /** The incident that identifies those that were reported in one message; null before that. */
  groupId: string | null;
  notifiedAt: Date | null;
  lastReminderAt: Date | null;
  acknowledgementNotifiedAt: Date | null;
  resolutionNotifiedAt: Date | null;
  nextAt: Date | null;
}

/** An incident as members see it. */
export interface ListedIncident extends AlertIncidentRecord {
  ruleName: string;
  acknowledgedByEmail: string | null;
  isMuted: boolean;
}

/** An occurrence: it opens an incident, or counts for the open one of its rule and subject. */
export interface NewOccurrence extends IncidentText {
  workspaceId: string;
  ruleId: string;
  kind: AlertKind;
  severity: AlertSeverity;
  subject: string;
  jobId: string | null;
  jobRef: string | null;
  jobRunId: string | null;
  pipelineName: string | null;
  at: Date;
  /** Whether the incident is resolved from the start. */
  isMomentary: boolean;
}

/** An incident whose message may be due. */
export interface DueIncident extends AlertIncidentRecord {
  jobMutedUntil: Date | null;
}

export interface IncidentFilter {
  isOpen: boolean | null;
  jobId: string | null;
  ruleId: string | null;
}

export type IncidentSortKey = 'last_at';

const incidentColumns = `${columns('alert_incidents', [
  'id',
  'workspace_id',
  'rule_id',
  'kind',
  'severity',
  'subject',
  'job_id',
  'job_ref',
  'job_run_id',
  'pipeline_name',
  'title',
  'details',
  'facts',
  'links',
  'occurrence_count',
  'first_at',
  'last_at',
  'resolved_at',
  'resolution',
  'acknowledged_at',
  'snoozed_until',
  'last_reminder_at',
  'acknowledgement_notified_at',
  'next_at',
])}, alert_incidents.told_as as "groupId", alert_incidents.told_at as "notifiedAt",
  alert_incidents.resolution_told_at as "resolutionNotifiedAt"`;

const jobMute = `(select muted_until from alert_job_mutes
  where alert_job_mutes.job_id = alert_incidents.job_id)`;
/** Members see who acknowledged only while that user belongs to the organization. */
const listedColumns = `${incidentColumns}, alert_rules.name as "ruleName",
  (select users.email from users
     join organization_memberships on organization_memberships.user_id = users.id
     join workspaces on workspaces.organization_id = organization_memberships.organization_id
    where users.id = alert_incidents.acknowledged_by and workspaces.id = alert_incidents.workspace_id) as "acknowledgedByEmail",
  (coalesce(alert_rules.muted_until > now(), false) or coalesce(${jobMute} > now(), false)) as "isMuted"`;
const listedFrom = 'alert_incidents join alert_rules on alert_rules.id = alert_incidents.rule_id';

const jsonOf = ({ details, facts, links }: Pick<IncidentText, 'details' | 'facts' | 'links'>) => ({
  details: JSON.stringify(details),
  facts: JSON.stringify(facts),
  links: JSON.stringify(links),
});

export type AlertIncidentStore = ReturnType<typeof createAlertIncidentStore>;

/** Stores incidents: what rules found, and which messages about it were written. */
export function createAlertIncidentStore(sql: Queryable) {
  return {
    /** Opens an incident, or counts the occurrence for the open one. Its messages are decided at once. */
    record: (occurrence: NewOccurrence) =>
      sql.execute(
        named(
          `insert into alert_incidents (workspace_id, rule_id, kind, severity, subject, job_id, job_ref, job_run_id,
                                        pipeline_name, title, details, facts, links, first_at, last_at, resolved_at, next_at)
           values (:workspaceId, :ruleId, :kind, :severity, :subject, :jobId, :jobRef, :jobRunId, :pipelineName, :title,
                   :details, :facts, :links, :at, :at, case when :isMomentary then :at::timestamptz end, :at)
           on conflict (rule_id, subject) where resolved_at is null do update set
                   occurrence_count = alert_incidents.occurrence_count + 1, last_at = greatest(alert_incidents.last_at, excluded.last_at),
                   severity = excluded.severity, job_run_id = excluded.job_run_id, title = excluded.title,
                   details = excluded.details, facts = excluded.facts, links = excluded.links`,
          { ...occurrence, ...jsonOf(occurrence) },
        ),
      ),

    /** Updates the text of an open incident that lasts, without counting an occurrence. */
    describe: (ruleId: string, subject: string, text: IncidentText) =>
      sql.execute(
        named(
          `update alert_incidents set title = :title, details = :details, facts = :facts
            where rule_id = :ruleId and subject = :subject and resolved_at is null
              and (title, facts) is distinct from (:title::text, :facts::jsonb)`,
          {
            ruleId,
            subject,
            title: text.title,
            details: JSON.stringify(text.details),
            facts: JSON.stringify(text.facts),
          },
        ),
      ),

    /** Resolves the open incidents of rules about one subject, because their condition ended. */
    resolveSubject: (
      ruleIds: readonly string[],
      subject: string,
      { at, resolution }: { at: Date; resolution: string },
    ) =>
      sql.execute(
        named(
          `update alert_incidents set resolved_at = :at, resolution = :resolution, next_at = :at
            where rule_id = any(:ruleIds::uuid[]) and subject = :subject and resolved_at is null`,
          { ruleIds, subject, at, resolution },
        ),
      ),

    /** Lists the open incidents of a rule. */
    listOpen: (ruleId: string) =>
      sql.query<AlertIncidentRecord>(
        named(
          `select ${incidentColumns} from alert_incidents where rule_id = :ruleId and resolved_at is null order by id`,
          { ruleId },
        ),
      ),

    /**
     * Ends all open incidents of a rule that no longer holds. Receivers that know of them get a message.
     */
    resolveOfRule: (ruleId: string, { at, resolution }: { at: Date; resolution: string }) =>
      sql.execute(
        named(
          `update alert_incidents set resolved_at = :at, resolution = :resolution, next_at = :at
            where rule_id = :ruleId and resolved_at is null`,
          { ruleId, at, resolution },
        ),
      ),

    /** Resolves the open incidents of archived jobs. */
    resolveOfArchivedJobs: (workspaceId: string, { at, resolution }: { at: Date; resolution: string }) =>
      sql.execute(
        named(
          `update alert_incidents set resolved_at = :at, resolution = :resolution, next_at = :at
             from jobs
            where alert_incidents.workspace_id = :workspaceId and alert_incidents.resolved_at is null
              and jobs.id = alert_incidents.job_id and jobs.is_archived`,
          { workspaceId, at, resolution },
        ),
      ),

    /** Lists incidents whose message may be due, the earliest first, with all unreported ones of their rules. */
    listDue: (workspaceId: string, now: Date, limit: number) =>
      sql.query<DueIncident>(
        named(
          `select ${incidentColumns}, mutes.muted_until as "jobMutedUntil"
             from alert_incidents
             left join alert_job_mutes as mutes on mutes.job_id = alert_incidents.job_id
                  and mutes.muted_until > :now
            where alert_incidents.workspace_id = :workspaceId and alert_incidents.next_at is not null
              and alert_incidents.rule_id in (
                    select due.rule_id from alert_incidents as due
                     where due.workspace_id = :workspaceId and due.next_at <= :now)
            order by alert_incidents.next_at, alert_incidents.id limit :limit`,
          { workspaceId, now, limit },
        ),
      ),

    /** Lists all incidents that were reported in one message. */
    listGroup: (groupId: string) =>
      sql.query<AlertIncidentRecord>(
        named(
          `select ${incidentColumns} from alert_incidents where told_as = :groupId order by first_at, id`,
          { groupId },
        ),
      ),

    setNext: (incidentId: string, nextAt: Date | null) =>
      sql.execute(
        named('update alert_incidents set next_at = :nextAt where id = :incidentId', { incidentId, nextAt }),
      ),

    markOpeningSent: (ids: readonly string[], { groupId, at }: { groupId: string; at: Date }) =>
      sql.execute(
        named(
          `update alert_incidents set told_as = :groupId, told_at = :at, next_at = :at where id = any(:ids::uuid[])`,
          { ids, groupId, at },
        ),
      ),

    markReminded: (ids: readonly string[], at: Date) =>
      sql.execute(
        named(
          'update alert_incidents set last_reminder_at = :at, next_at = :at where id = any(:ids::uuid[])',
          { ids, at },
        ),
      ),

    markAcknowledgementSent: (groupId: string, at: Date) =>
      sql.execute(
        named(
          `update alert_incidents set acknowledgement_notified_at = :at, next_at = null
            where told_as = :groupId and resolved_at is null`,
          { groupId, at },
        ),
      ),

    markResolutionSent: (groupId: string, at: Date) =>
      sql.execute(
        named(
          `update alert_incidents set resolution_told_at = :at, next_at = null
            where told_as = :groupId and resolution_told_at is null`,
          { groupId, at },
        ),
      ),

    /**
     * Newest occurrence first.
     * @param isOwner whether the reader may see incidents of the installation
     */
    list: (
      workspaceId: string,
      filter: IncidentFilter,
      { isOwner }: { isOwner: boolean },
    ): RowList<ListedIncident, IncidentSortKey> => ({
      async read(range) {
        const where = conditions(workspaceId, filter, isOwner);
        const text = walk({ columns: listedColumns, from: listedFrom, where }, orderBy(range.sorting), range);
        return readRange<ListedIncident>(sql, { text, where, isPrepared: false }, range);
      },
      count: (atMost) =>
        countRows(sql, { from: 'alert_incidents', where: conditions(workspaceId, filter, isOwner) }, atMost, {
          isPrepared: false,
        }),
    }),

    get: (workspaceId: string, incidentId: string) =>
      sql.maybeOne<ListedIncident>(
        named(
          `select ${listedColumns} from ${listedFrom}
            where alert_incidents.workspace_id = :workspaceId and alert_incidents.id = :incidentId`,
          { workspaceId, incidentId },
        ),
      ),

    lock: (workspaceId: string, incidentId: string) =>
      sql.maybeOne<AlertIncidentRecord>(
        named(
          `select ${incidentColumns} from alert_incidents
            where workspace_id = :workspaceId and id = :incidentId for update`,
          { workspaceId, incidentId },
        ),
      ),

    acknowledge: (incidentId: string, userId: string, at: Date) =>
      sql.execute(
        named(
          `update alert_incidents set acknowledged_at = :at, acknowledged_by = :userId, snoozed_until = null, next_at = :at
            where id = :incidentId`,
          { incidentId, userId, at },
        ),
      ),

    snooze: (incidentId: string, until: Date, at: Date) =>
      sql.execute(
        named(
          `update alert_incidents set snoozed_until = :until, acknowledged_at = null, acknowledged_by = null,
                  acknowledgement_notified_at = null, next_at = :at
            where id = :incidentId`,
          { incidentId, until, at },
        ),
      ),

    resolve: (
      incidentId: string,
      { userId, resolution, at }: { userId: string; resolution: string; at: Date },
    ) =>
      sql.execute(
        named(
          `update alert_incidents set resolved_at = :at, resolved_by = :userId, resolution = :resolution, next_at = :at
            where id = :incidentId and resolved_at is null`,
          { incidentId, userId, resolution, at },
        ),
      ),

    /** Decides messages again, after a change of a rule or the mute of a job. */
    wakeOfRule: (ruleId: string, at: Date) =>
      sql.execute(
        named('update alert_incidents set next_at = :at where rule_id = :ruleId and resolved_at is null', {
          ruleId,
          at,
        }),
      ),
    wakeOfJob: (jobId: string, at: Date) =>
      sql.execute(
        named('update alert_incidents set next_at = :at where job_id = :jobId and resolved_at is null', {
          jobId,
          at,
        }),
      ),

    /** Removes incidents that were resolved before this instant; returns how many. */
    removeResolved: (before: Date, limit: number) =>
      sql.execute(
        named(
          `delete from alert_incidents where id in (
             select id from alert_incidents where resolved_at < :before and next_at is null
              order by resolved_at limit :limit)`,
          { before, limit },
        ),
      ),
  };
}

function conditions(
  workspaceId: string,
  { isOpen, jobId, ruleId }: IncidentFilter,
  isOwner: boolean,
): Conditions {
  const where = createConditions();
  if (!isOwner) where.require(`alert_incidents.kind <> 'ticks_behind'`);
  where.add('alert_incidents.workspace_id = ?', workspaceId);
  where.add('alert_incidents.job_id = ?', jobId);
  where.add('alert_incidents.rule_id = ?', ruleId);
  if (isOpen !== null) where.require(`alert_incidents.resolved_at is ${isOpen ? '' : 'not '}null`);
  return where;
}

function orderBy(sorting: Sorting<IncidentSortKey> | null | undefined): ListOrder {
  const order = sorting?.[0]?.order ?? 'desc';
  return [
    { sql: 'alert_incidents.last_at', type: 'timestamptz', isNullable: false, order },
    { sql: 'alert_incidents.id', type: 'uuid', isNullable: false, order },
  ];
}
