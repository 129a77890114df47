import type { AlertConditions } from '../../../domain/alerts/alert-kinds.ts';
import type { AlertKind, AlertSeverity } from '@pumphouse/contract';
import type { Queryable } from '../pool.ts';
import type { QuietHours } from '../../../domain/alerts/quiet-hours.ts';
import type { RuleScope } from '../../../domain/alerts/rule-scope.ts';
import { columns } from '../statements/columns.ts';
import { named } from '../statements/named.ts';

export interface AlertRuleRecord {
  id: string;
  workspaceId: string;
  name: string;
  kind: AlertKind;
  isEnabled: boolean;
  severity: AlertSeverity;
  scope: RuleScope;
  /** Only those that differ from the defaults of the kind. */
  conditions: AlertConditions;
  channelIds: string[];
  reminderSeconds: number | null;
  quietHours: QuietHours | null;
  mutedUntil: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

/** A rule with the number of its open incidents. */
export interface ListedAlertRule extends AlertRuleRecord {
  openIncidentCount: number;
}

/** What a member decides about a rule. */
export type AlertRuleContent = Pick<
  AlertRuleRecord,
  | 'name'
  | 'kind'
  | 'isEnabled'
  | 'severity'
  | 'scope'
  | 'conditions'
  | 'channelIds'
  | 'reminderSeconds'
  | 'quietHours'
> & {
  /** When the clock first evaluates it; null for a kind of events. */
  checkAt: Date | null;
};

const ruleColumns = columns('alert_rules', [
  'id',
  'workspace_id',
  'name',
  'kind',
  'is_enabled',
  'severity',
  'scope',
  'conditions',
  'channel_ids',
  'reminder_seconds',
  'quiet_hours',
  'muted_until',
  'created_at',
  'updated_at',
]);
const openCount = `(select count(*)::int from alert_incidents
  where alert_incidents.rule_id = alert_rules.id and alert_incidents.resolved_at is null) as "openIncidentCount"`;

const parametersOf = ({ scope, conditions, quietHours, ...content }: AlertRuleContent) => ({
  ...content,
  scope: JSON.stringify(scope),
  conditions: JSON.stringify(conditions),
  quietHours: quietHours && JSON.stringify(quietHours),
});

export type AlertRuleStore = ReturnType<typeof createAlertRuleStore>;

/** Stores the alert rules of workspaces. */
export function createAlertRuleStore(sql: Queryable) {
  return {
    /** By name. */
    list: (workspaceId: string) =>
      sql.query<ListedAlertRule>(
        named(
          `select ${ruleColumns}, ${openCount} from alert_rules where workspace_id = :workspaceId
            order by name collate "C" limit 500`,
          { workspaceId },
        ),
      ),

    get: (workspaceId: string, ruleId: string) =>
      sql.maybeOne<ListedAlertRule>(
        named(
          `select ${ruleColumns}, ${openCount} from alert_rules where workspace_id = :workspaceId and id = :ruleId`,
          { workspaceId, ruleId },
        ),
      ),

    /** Locks a rule, so that a change and an evaluation do not meet. */
    lock: (workspaceId: string, ruleId: string) =>
      sql.maybeOne<AlertRuleRecord>(
        named(
          `select ${ruleColumns} from alert_rules where workspace_id = :workspaceId and id = :ruleId for update`,
          { workspaceId, ruleId },
        ),
      ),

    /** Lists the rules that are evaluated, and keeps them until the transaction ends. */
    listEnabled: (workspaceId: string) =>
      sql.query<AlertRuleRecord>(
        named(
          `select ${ruleColumns} from alert_rules where workspace_id = :workspaceId and is_enabled order by id for share`,
          { workspaceId },
        ),
      ),

    /** Reads rules by id, enabled or not. */
    getMany: (ruleIds: readonly string[]) =>
      sql.query<AlertRuleRecord>(
        named(`select ${ruleColumns} from alert_rules where id = any(:ruleIds::uuid[])`, { ruleIds }),
      ),

    count: async (workspaceId: string) =>
      (
        await sql.one<{ count: number }>(
          named('select count(*)::int as count from alert_rules where workspace_id = :workspaceId', {
            workspaceId,
          }),
        )
      ).count,

    /** @returns the id; null if the workspace has a rule with the name */
    async insert(workspaceId: string, createdBy: string, content: AlertRuleContent): Promise<string | null> {
      const row = await sql.maybeOne<{ id: string }>(
        named(
          `insert into alert_rules (workspace_id, name, kind, is_enabled, severity, scope, conditions, channel_ids,
                                    reminder_seconds, quiet_hours, check_at, created_by)
           values (:workspaceId, :name, :kind, :isEnabled, :severity, :scope, :conditions, :channelIds,
                   :reminderSeconds, :quietHours, :checkAt, :createdBy)
           on conflict (workspace_id, name) do nothing returning id`,
          { ...parametersOf(content), workspaceId, createdBy },
        ),
      );
      return row?.id ?? null;
    },

    /** @returns false if another rule has the name */
    async replace(rule: { id: string; workspaceId: string }, content: AlertRuleContent): Promise<boolean> {
      const changed = await sql.execute(
        named(
          `update alert_rules set name = :name, kind = :kind, is_enabled = :isEnabled, severity = :severity, scope = :scope,
                  conditions = :conditions, channel_ids = :channelIds, reminder_seconds = :reminderSeconds,
                  quiet_hours = :quietHours, check_at = :checkAt, updated_at = now()
            where id = :id and not exists (
                    select from alert_rules as other
                     where other.workspace_id = :workspaceId and other.name = :name and other.id <> :id)`,
          { ...parametersOf(content), id: rule.id, workspaceId: rule.workspaceId },
        ),
      );
      return changed === 1;
    },

    remove: (ruleId: string) => sql.execute(named('delete from alert_rules where id = :ruleId', { ruleId })),

    /** @param until null: not muted */
    mute: (ruleId: string, until: Date | null) =>
      sql.execute(
        named('update alert_rules set muted_until = :until, updated_at = now() where id = :ruleId', {
          ruleId,
          until,
        }),
      ),

    /** Lists the rules of a workspace that the clock has to evaluate now. */
    listDue: (workspaceId: string, now: Date) =>
      sql.query<AlertRuleRecord>(
        named(
          `select ${ruleColumns} from alert_rules
            where workspace_id = :workspaceId and is_enabled and check_at <= :now order by check_at, id`,
          { workspaceId, now },
        ),
      ),

    setCheckAt: (ruleIds: readonly string[], at: Date) =>
      sql.execute(
        named('update alert_rules set check_at = :at where id = any(:ruleIds::uuid[])', { ruleIds, at }),
      ),
  };
}
