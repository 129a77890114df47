import type { Queryable } from './pool.ts';

/** Who did something: a person, a key of theirs or of a workspace, the code of a run, an operator on the command line, the server itself. */
export interface Actor {
  kind: 'person' | 'key' | 'run' | 'operator' | 'server' | 'nobody';
  userId: string | null;
  email: string | null;
  keyId: string | null;
  address: string | null;
  userAgent: string | null;
}

export interface NewAuditEntry {
  /** Left out for what belongs to no organization, such as a person's password. That of a workspace follows from the workspace. */
  organizationId?: string | null;
  workspaceId?: string | null;
  actor: Actor;
  /** `<what>.<verb>`, such as `job.archive`. */
  action: string;
  target: { kind: string; id: string | null; name: string | null };
  /** What changed, without secrets; null where there was nothing. */
  before: object | null;
  after: object | null;
}

export type AuditLogStore = ReturnType<typeof createAuditLogStore>;

/** What was changed, by whom. Rows are added, in the transaction of the change, and never altered. */
export function createAuditLogStore(sql: Queryable) {
  return {
    add: (entry: NewAuditEntry) =>
      sql.executePrepared(
        `insert into audit_log (organization_id, workspace_id, actor_kind, actor_user_id, actor_email, actor_key_id, address,
                                user_agent, action, target_kind, target_id, target_name, before, after)
         values (coalesce($1, (select organization_id from workspaces where id = $2)), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
                 $13, $14)`,
        [
          entry.organizationId ?? null,
          entry.workspaceId ?? null,
          entry.actor.kind,
          entry.actor.userId,
          entry.actor.email,
          entry.actor.keyId,
          entry.actor.address,
          entry.actor.userAgent,
          entry.action,
          entry.target.kind,
          entry.target.id,
          entry.target.name,
          entry.before,
          entry.after,
        ],
      ),
  };
}
