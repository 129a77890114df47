import { z } from 'zod';
import { timestamp, uuid } from '../primitives.ts';

const maxNameLength = 80;
const maxUrlLength = 2000;
/** A week: long enough to configure any receiver. */
const maxOverlapHours = 168;

/** The name of a receiver. */
export const targetName = z
  .string()
  .trim()
  .refine(
    (name) => name.length >= 1 && name.length <= maxNameLength && !/\p{Cc}/u.test(name),
    `must have 1 to ${maxNameLength} characters on one line`,
  );

/** The URL of a receiver. It may contain a secret, and is never returned. */
export const targetUrl = z.string().max(maxUrlLength);

/** How long the secret before also signs. */
export const overlapHours = z.int().min(0).max(maxOverlapHours).default(24);

/** How far a delivery is, and what its last attempt resulted in. */
export const deliveryProgress = {
  /** Whether a server is sending it now. */
  is_sending: z.boolean(),
  /** Why the last attempt failed, or why there are no more, such as `timeout`, `http_500` or `superseded`. */
  reason: z.string().nullable(),
  /** HTTP status of the last attempt. */
  response_code: z.int().nullable(),
  /** The first characters of what the receiver answered. */
  answer: z.string().nullable(),
  attempts: z.int(),
  /** Null unless it waits. */
  next_attempt_at: timestamp.nullable(),
  /** The delivery that a user sent again with this one. */
  resent_from: uuid.nullable(),
  created_at: timestamp,
  finished_at: timestamp.nullable(),
};

/** Whether a receiver gets deliveries. @param disabledReason the schema of why it gets none */
export const targetState = <Reason extends z.ZodType>(disabledReason: Reason) => ({
  is_enabled: z.boolean(),
  disabled_at: timestamp.nullable(),
  disabled_reason: disabledReason.nullable(),
  /** The receiver asked for a pause until then. */
  paused_until: timestamp.nullable(),
  last_delivered_at: timestamp.nullable(),
  /** The replaced signing secret also signs until then. */
  previous_secret_expires_at: timestamp.nullable(),
  created_at: timestamp,
  updated_at: timestamp,
});
