import type { AfterItem, StoredItem, StoredTotals } from '../retention/stored-item.ts';
import type { Conditions, Sorting } from '../statements/conditions.ts';
import type { ListOrder, RowList } from '../statements/keyset.ts';
import type { Queryable } from '../pool.ts';
import { columns } from '../statements/columns.ts';
import { countRows, readRange, walk } from '../statements/keyset.ts';
import { createConditions } from '../statements/conditions.ts';
import { named } from '../statements/named.ts';

/**
 * Who made a change: a user, a key of a user or of a workspace, the code of a run, an operator on the command
 * line, or the server itself.
 */
export interface Actor {
  kind: 'person' | 'key' | 'run' | 'operator' | 'server' | 'nobody';
  userId: string | null;
  email: string | null;
  keyId: string | null;
  address: string | null;
  userAgent: string | null;
}

export interface NewAuditEntry {
  /**
   * Omitted for changes outside of organizations, such as of a user's password. Derived from the workspace if
   * there is one.
   */
  organizationId?: string | null;
  workspaceId?: string | null;
  actor: Actor;
  /** `<object>.<verb>`, such as `job.archive`. */
  action: string;
  target: { kind: string; id: string | null; name: string | null };
  /** The changed values, without secrets; null if there are none. */
  before: object | null;
  after: object | null;
}

/** A recorded change. */
export interface AuditEntryRecord {
  id: string;
  at: Date;
  organizationId: string | null;
  workspaceId: string | null;
  actorKind: Actor['kind'];
  actorUserId: string | null;
  actorEmail: string | null;
  actorKeyId: string | null;
  address: string | null;
  userAgent: string | null;
  action: string;
  targetKind: string;
  targetId: string | null;
  targetName: string | null;
  before: object | null;
  after: object | null;
}

export interface AuditScope {
  organizationId?: string;
  workspaceId?: string;
}

export interface AuditFilter {
  actorUserId?: string | null;
  actions?: readonly string[] | null;
  targetKind?: string | null;
  targetId?: string | null;
  start?: Date | null;
  end?: Date | null;
}

export type AuditSortKey = 'at';

const entryColumns = `audit_log.id::text as id, ${columns('audit_log', [
  'at',
  'organization_id',
  'workspace_id',
  'actor_kind',
  'actor_user_id',
  'actor_email',
  'actor_key_id',
  'address',
  'user_agent',
  'action',
  'target_kind',
  'target_id',
  'target_name',
  'before',
  'after',
])}`;

function orderBy(sorting: Sorting<AuditSortKey> | null | undefined): ListOrder {
  const order = sorting?.[0]?.order ?? 'desc';
  return [
    { sql: 'audit_log.at', type: 'timestamptz', isNullable: false, order },
    { sql: 'audit_log.id', type: 'bigint', isNullable: false, order },
  ];
}

function conditions({ organizationId, workspaceId }: AuditScope, filter: AuditFilter): Conditions {
  const where = createConditions();
  where.add('audit_log.organization_id = ?', organizationId);
  where.add('audit_log.workspace_id = ?', workspaceId);
  where.add('audit_log.actor_user_id = ?', filter.actorUserId);
  where.addOneOf('audit_log.action', filter.actions);
  where.add('audit_log.target_kind = ?', filter.targetKind);
  where.add('audit_log.target_id = ?', filter.targetId);
  where.add('audit_log.at >= ?', filter.start);
  where.add('audit_log.at < ?', filter.end);
  return where;
}

export type AuditLogStore = ReturnType<typeof createAuditLogStore>;

/**
 * Stores what was changed, and by whom. Rows are inserted in the transaction of the change and never updated;
 * retention removes old ones.
 */
export function createAuditLogStore(sql: Queryable) {
  return {
    add: (entry: NewAuditEntry) =>
      sql.executePrepared(
        named(
          `insert into audit_log (organization_id, workspace_id, actor_kind, actor_user_id, actor_email, actor_key_id, address,
                                  user_agent, action, target_kind, target_id, target_name, before, after)
           values (coalesce(:organizationId, (select organization_id from workspaces where id = :workspaceId)), :workspaceId,
                   :actorKind, :actorUserId, :actorEmail, :actorKeyId, :address, :userAgent, :action, :targetKind,
                          :targetId, :targetName,
                   :before, :after)`,
          {
            ...entry,
            organizationId: entry.organizationId ?? null,
            workspaceId: entry.workspaceId ?? null,
            actorKind: entry.actor.kind,
            actorUserId: entry.actor.userId,
            actorEmail: entry.actor.email,
            actorKeyId: entry.actor.keyId,
            address: entry.actor.address,
            userAgent: entry.actor.userAgent,
            targetKind: entry.target.kind,
            targetId: entry.target.id,
            targetName: entry.target.name,
          },
        ),
      ),

    /** Lists the filtered entries of an organization or a workspace, newest first unless sorted. */
    list: (scope: AuditScope, filter: AuditFilter): RowList<AuditEntryRecord, AuditSortKey> => ({
      async read(range) {
        const where = conditions(scope, filter);
        const text = walk({ columns: entryColumns, from: 'audit_log', where }, orderBy(range.sorting), range);
        return readRange<AuditEntryRecord>(sql, { text, where, isPrepared: false }, range);
      },
      count: (atMost) =>
        countRows(sql, { from: 'audit_log', where: conditions(scope, filter) }, atMost, {
          isPrepared: false,
        }),
    }),

    /**
     * The statements of retention. Ids grow with time, so the scan needs no other order; an entry out of
     * order is removed one run later.
     */
    stored: {
      measure: () =>
        sql.one<StoredTotals>(
          `select count(*)::int as count, min(at) as oldest, pg_total_relation_size('audit_log')::bigint as bytes from audit_log`,
        ),
      list: (after: AfterItem, limit: number) =>
        sql.query<StoredItem>(
          named(
            `select id::text as id, at, 0 as bytes, false as "isNeeded" from audit_log
              where audit_log.id > :id order by audit_log.id limit :limit`,
            { id: after?.id ?? '0', limit },
          ),
        ),
      async remove(ids: readonly string[]): Promise<string[]> {
        const rows = await sql.query<{ id: string }>(
          named('delete from audit_log where id = any(:ids::bigint[]) returning id::text as id', { ids }),
        );
        return rows.map(({ id }) => id);
      },
    },
  };
}
