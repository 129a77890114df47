import type { DeliveryTables } from './claim-deliveries.ts';
import type { Statement } from '../statements/named.ts';
import { named } from '../statements/named.ts';

type Targets = DeliveryTables['targets'];

/** Assignments that enable a target, or disable it as its user; `:isEnabled` decides. */
export const enableByUser = `
  disabled_at = case when :isEnabled then null else coalesce(disabled_at, now()) end,
  disabled_reason = case when :isEnabled then null else coalesce(disabled_reason, 'user') end`;

/**
 * Builds the statement that replaces the signing secret of a target. The secret before also signs for this many
 * hours; 0 ends it now.
 */
export function replaceSecretStatement(
  targets: Targets,
  change: { targetId: string; sealed: Uint8Array; overlapHours: number; returning: string },
): Statement {
  const { returning, ...parameters } = change;
  return named(
    `update ${targets}
        set sealed_signing_secret = :sealed, updated_at = now(),
            sealed_previous_secret = case when :overlapHours > 0 then sealed_signing_secret end,
            previous_secret_expires_at = case when :overlapHours > 0 then now() + make_interval(hours => :overlapHours) end
      where id = :targetId returning ${returning}`,
    parameters,
  );
}

/** Builds the statement that sends nothing to a target for this many seconds. A longer pause stays. */
export function pauseStatement(targets: Targets, targetId: string, seconds: number): Statement {
  return named(
    `update ${targets} set paused_until = greatest(paused_until, now() + make_interval(secs => :seconds))
      where id = :targetId`,
    { targetId, seconds },
  );
}
