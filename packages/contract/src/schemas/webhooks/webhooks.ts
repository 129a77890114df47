import { z } from 'zod';
import { jobInputUse } from '../jobs/job-inputs.ts';
import { openEnum, requestObject, responseObject, timestamp, uuid } from '../primitives.ts';

/** Long enough not to be guessed, because a guessed secret can sign anything. */
const minSecretLength = 16;
const maxSecretLength = 256;

export const webhookResponse = responseObject('WebhookResponse', {
  id: uuid,
  path: z.string(),
  url: z.string(),
  job_refs: z.array(z.string()),
  has_signing_secret: z.boolean(),
  last_delivery_at: timestamp.nullable(),
  created_at: timestamp,
  updated_at: timestamp,
});
export type WebhookResponse = z.output<typeof webhookResponse>;

export const webhooksResponse = responseObject('WebhooksResponse', { webhooks: z.array(webhookResponse) });
export type WebhooksResponse = z.output<typeof webhooksResponse>;

export const setSigningSecretRequest = requestObject('SetSigningSecretRequest', {
  signing_secret: z
    .string()
    .refine(
      ({ length }) => length >= minSecretLength && length <= maxSecretLength,
      `must have ${minSecretLength} to ${maxSecretLength} characters`,
    ),
});
export type SetSigningSecretRequest = z.output<typeof setSigningSecretRequest>;

export const jobRunInputResponse = responseObject('JobRunInputResponse', {
  job_run_id: uuid,
  input: z.string().nullable(),
  /** What its members became; null for no input. Absent from servers of the previous release. */
  used_as: openEnum(jobInputUse).nullish(),
});
export type JobRunInputResponse = z.output<typeof jobRunInputResponse>;
