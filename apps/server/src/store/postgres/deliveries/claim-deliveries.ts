import type { Statement } from '../statements/named.ts';
import { named } from '../statements/named.ts';

export interface ClaimLimits {
  /** Messages to claim at most. */
  limit: number;
  /** Messages to one target, and of one workspace, that all servers together send at a time. */
  perTarget: number;
  perWorkspace: number;
  leaseSeconds: number;
}

/** Names of the tables and columns of a kind of deliveries. All kinds have the other columns in common. */
export interface DeliveryTables {
  deliveries: 'alert_deliveries' | 'event_deliveries';
  targets: 'alert_channels' | 'event_subscriptions';
  /** The column of a delivery that refers to its target. */
  target: 'channel_id' | 'subscription_id';
  /** The column whose value groups deliveries that are sent in order. */
  group: 'incident_id' | 'subject';
  /** A delivery that was attempted this often does not hold back later ones of its group; null: it always does. */
  holdsForAttempts: number | null;
}

const isDue = (table: string) =>
  `${table}.status = 'waiting' and ${table}.not_before <= now() and (${table}.taken_until is null or ${table}.taken_until <= now())`;

/**
 * Builds the statement that claims messages. The rows of targets are locked, so that two servers do not claim
 * for one target at the same time. A message waits for earlier ones of its group. The statement returns the id,
 * workspace and attempts of each claim, and its target as `targetId`.
 */
export function claimStatement(tables: DeliveryTables, limits: ClaimLimits): Statement {
  const { deliveries, targets, target, group, holdsForAttempts } = tables;
  const holds = holdsForAttempts === null ? '' : `and earlier.attempts < ${holdsForAttempts}`;
  return named(
    `with sending as (
       select ${target}, workspace_id from ${deliveries} where status = 'waiting' and taken_until > now()),
     targets as (
       select id, workspace_id from ${targets}
        where disabled_at is null and (paused_until is null or paused_until <= now())
          and id in (select ${target} from ${deliveries} as due where ${isDue('due')})
        order by id for no key update skip locked),
     candidates as (
       select chosen.id, chosen.not_before, targets.workspace_id,
              row_number() over (partition by targets.workspace_id order by chosen.not_before, chosen.position) as rank
         from targets cross join lateral (
              select id, not_before, position from ${deliveries} as due
               where due.${target} = targets.id and ${isDue('due')}
                 and (due.is_resent or due.${group} is null or not exists (
                       select from ${deliveries} as earlier
                        where earlier.${target} = due.${target} and earlier.${group} = due.${group} ${holds}
                          and earlier.status = 'waiting' and not earlier.is_resent and earlier.position < due.position))
               order by not_before, position
               limit greatest(:perTarget::int - (select count(*) from sending where sending.${target} = targets.id), 0)) as chosen),
     chosen as (
       select id from candidates
        where rank <= :perWorkspace::int - (select count(*) from sending where sending.workspace_id = candidates.workspace_id)
        order by not_before limit :limit)
     update ${deliveries} as claimed set taken_until = now() + make_interval(secs => :leaseSeconds), attempts = claimed.attempts + 1
       from chosen
      where claimed.id = chosen.id and ${isDue('claimed')}
     returning claimed.id, claimed.${target} as "targetId", claimed.workspace_id as "workspaceId", claimed.attempts`,
    { ...limits },
  );
}
