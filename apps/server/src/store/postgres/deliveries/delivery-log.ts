import type { DeliveryTables } from './claim-deliveries.ts';
import type { ListOrder } from '../statements/keyset.ts';
import type { Sorting } from '../statements/conditions.ts';
import type { Statement } from '../statements/named.ts';
import { named } from '../statements/named.ts';

type Deliveries = DeliveryTables['deliveries'];

/** A delivery as its server claimed it. */
export interface DeliveryClaim {
  id: string;
  attempts: number;
}

/** The result of an attempt, as the log shows it. */
export interface SendResult {
  reason: string | null;
  responseCode: number | null;
  answer: string | null;
}

/** The column `isSending`: whether a server is sending the delivery now. */
export const isSendingColumn = (deliveries: Deliveries) =>
  `coalesce(${deliveries}.status = 'waiting' and ${deliveries}.taken_until > now(), false) as "isSending"`;

/** Newest first unless sorted. */
export function orderDeliveries(
  deliveries: Deliveries,
  sorting: Sorting<'created_at'> | null | undefined,
): ListOrder {
  const order = sorting?.[0]?.order ?? 'desc';
  return [{ sql: `${deliveries}.position`, type: 'bigint', isNullable: false, order }];
}

/**
 * Builds the statement that records the end of a delivery. A success counts even if the lease was lost; a failure
 * does not.
 */
export function finishStatement(
  deliveries: Deliveries,
  { id, attempts }: DeliveryClaim,
  end: SendResult & { status: 'delivered' | 'failed' },
): Statement {
  return named(
    `update ${deliveries}
        set status = :status, reason = :reason, response_code = :responseCode, answer = :answer, taken_until = null,
            finished_at = now()
      where id = :id and status = 'waiting' and (attempts = :attempts or :status = 'delivered')`,
    { id, attempts, ...end },
  );
}

/**
 * Builds the statement that schedules the next attempt. It does nothing if the lease was lost and another server
 * has the delivery.
 */
export function retryStatement(
  deliveries: Deliveries,
  { id, attempts }: DeliveryClaim,
  next: SendResult & { delaySeconds: number },
): Statement {
  return named(
    `update ${deliveries}
        set not_before = now() + make_interval(secs => :delaySeconds), taken_until = null, reason = :reason,
            response_code = :responseCode, answer = :answer
      where id = :id and status = 'waiting' and attempts = :attempts`,
    { id, attempts, ...next },
  );
}

/** Builds the statement that ends everything that waits for a target, except what is being sent. */
export function endWaitingStatement(
  { deliveries, target }: DeliveryTables,
  targetId: string,
  end: { status: 'failed' | 'dropped'; reason: string },
): Statement {
  return named(
    `update ${deliveries} set status = :status, reason = :reason, taken_until = null, finished_at = now()
      where ${target} = :targetId and status = 'waiting' and (taken_until is null or taken_until <= now())`,
    { targetId, ...end },
  );
}
