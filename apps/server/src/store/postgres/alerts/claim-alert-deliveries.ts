import type { Statement } from '../statements/named.ts';
import { named } from '../statements/named.ts';

export interface ClaimLimits {
  /** Messages to claim at most. */
  limit: number;
  /** Messages of one channel, and of one workspace, that all servers together send at a time. */
  perChannel: number;
  perWorkspace: number;
  leaseSeconds: number;
}

const isDue = (table: string) =>
  `${table}.status = 'waiting' and ${table}.not_before <= now() and (${table}.taken_until is null or ${table}.taken_until <= now())`;

/**
 * Builds the statement that claims messages. The rows of channels are locked, so that two servers do not claim
 * for one channel at the same time. A message waits for all earlier ones of its incident.
 */
export function claimStatement(limits: ClaimLimits): Statement {
  return named(
    `with sending as (
       select channel_id, workspace_id from alert_deliveries where status = 'waiting' and taken_until > now()),
     channels as (
       select id, workspace_id from alert_channels
        where disabled_at is null and (paused_until is null or paused_until <= now())
          and id in (select channel_id from alert_deliveries as due where ${isDue('due')})
        order by id for no key update skip locked),
     candidates as (
       select chosen.id, chosen.not_before, channels.workspace_id,
              row_number() over (partition by channels.workspace_id order by chosen.not_before, chosen.position) as rank
         from channels cross join lateral (
              select id, not_before, position from alert_deliveries as due
               where due.channel_id = channels.id and ${isDue('due')}
                 and (due.is_resent or due.incident_id is null or not exists (
                       select from alert_deliveries as earlier
                        where earlier.channel_id = due.channel_id and earlier.incident_id = due.incident_id
                          and earlier.status = 'waiting' and not earlier.is_resent and earlier.position < due.position))
               order by not_before, position
               limit greatest(:perChannel::int - (select count(*) from sending where sending.channel_id = channels.id), 0)) as chosen),
     chosen as (
       select id from candidates
        where rank <= :perWorkspace::int - (select count(*) from sending where sending.workspace_id = candidates.workspace_id)
        order by not_before limit :limit)
     update alert_deliveries as claimed set taken_until = now() + make_interval(secs => :leaseSeconds), attempts = claimed.attempts + 1
       from chosen
      where claimed.id = chosen.id and ${isDue('claimed')}
     returning claimed.id, claimed.channel_id as "channelId", claimed.workspace_id as "workspaceId", claimed.attempts`,
    { ...limits },
  );
}
