import type { RunStartStores } from '../runs/run-stores.ts';
import type { StartRuns, TriggerResult } from '../runs/start-runs.ts';
import type { Clock } from '../scheduling/clock.ts';
import type { JobRecord, WebhookRecord } from '../../store/records.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { Webhooks } from './webhooks.ts';
import type { SignatureHeaders } from '../../domain/webhooks/webhook-signature.ts';
import { z } from 'zod';
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { findWebhookTrigger } from '../../domain/webhooks/webhook-path.ts';
import { hashSecret } from '../sign-in/credentials.ts';
import { readRunInput } from '../../domain/runs/run-input.ts';
import { readSignature } from '../../domain/webhooks/webhook-signature.ts';
import { lockForStart, refreshesOthers } from '../runs/start-context.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** The address of a delivery. */
export interface WebhookAddress {
  token: string;
  /** Decoded, without leading and trailing slashes. */
  path: string;
}

export interface Delivery {
  body: Buffer;
  /** The sender's id of the delivery; null if it sends none. */
  deliveryId: string | null;
  signature: SignatureHeaders;
}

/** The result of a delivery, which is stored, so that a repeated delivery gets the same. */
const deliveryAnswer = z.object({
  started: z.array(z.object({ jobRef: z.string(), jobRunId: z.string() })),
  declined: z.array(z.object({ jobRef: z.string(), status: z.string(), reasons: z.array(z.string()) })),
});
export type DeliveryAnswer = z.output<typeof deliveryAnswer>;

export interface AcceptedDelivery {
  answer: DeliveryAnswer;
  /** The same delivery was accepted before, so nothing was started now. */
  isRepeated: boolean;
}

export type TakeDelivery = ReturnType<typeof createTakeDelivery>;

const rememberedSeconds = 24 * 3600;
/** Starts skipped for these reasons may succeed if the delivery is sent again. */
const limitStatuses = new Set(['skipped_concurrency_limit', 'skipped_org_concurrency_limit']);

/**
 * Creates the use case that accepts webhook deliveries and starts the listening jobs, once for each delivery.
 */
export function createTakeDelivery(dependencies: {
  persistence: Persistence<RunStartStores | 'webhooks'>;
  webhooks: Webhooks;
  startRuns: StartRuns;
  clock: Clock;
}) {
  const { persistence, webhooks, startRuns, clock } = dependencies;

  /**
   * @returns the valid signatures of the body; empty if the webhook requires none
   * @throws ServiceError invalid_signature
   */
  function checkSignature(webhook: WebhookRecord, { body, signature }: Delivery, now: Date): string[] {
    const secret = webhooks.openSigningSecret(webhook);
    if (secret === null) return [];
    const reading = readSignature(signature, now);
    if (!reading.ok) throw new ServiceError('invalid_signature', reading.problem);
    const { prefix, signatures } = reading.claim;
    const right = createHmac('sha256', secret).update(prefix).update(body).digest();
    if (!signatures.some((one) => timingSafeEqual(Buffer.from(one, 'hex'), right))) {
      throw new ServiceError(
        'invalid_signature',
        'The signature does not match the body and the signing secret of this webhook.',
      );
    }
    return [right.toString('hex')];
  }

  async function start(
    store: Pick<Store, RunStartStores>,
    webhook: WebhookRecord,
    input: string | null,
  ): Promise<DeliveryAnswer> {
    const { workspaceId, path } = webhook;
    const found = listListening(await store.jobs.listByTriggerType(workspaceId, 'webhook'), path);
    // Use their state under the lock: a deploy may have changed them since they were found.
    const ids = found.map(({ job }) => job.id);
    const reachesOthers = found.some(({ job }) => refreshesOthers(job));
    const locked = await lockForStart(store, workspaceId, ids, reachesOthers);
    const jobs = listListening(locked, path);
    if (jobs.length === 0) throw unknownAddress();
    return toAnswer(await startRuns.startForEvent(store, { workspaceId, jobs, input }));
  }

  return {
    /**
     * Finds the webhook before the body is read, so that no client sends one in vain.
     * @throws ServiceError not_found
     */
    async find({ token, path }: WebhookAddress): Promise<WebhookRecord> {
      const webhook = await persistence.store.webhooks.findByToken(hashSecret(token));
      if (webhook?.path !== path) throw unknownAddress();
      const jobs = await persistence.store.jobs.listByTriggerType(webhook.workspaceId, 'webhook');
      if (listListening(jobs, path).length === 0) throw unknownAddress();
      return webhook;
    },

    /**
     * Starts the listening jobs. A delivery that started nothing, and may be sent again for that reason, is
     * not remembered.
     * @throws ServiceError not_found, invalid_signature, invalid_request, start_declined, too_many_runs
     */
    async take({ id, path }: WebhookRecord, delivery: Delivery): Promise<AcceptedDelivery> {
      const taken = await persistence.transaction(async (store): Promise<AcceptedDelivery> => {
        const webhook = await store.webhooks.lock(id);
        if (webhook?.path !== path) throw unknownAddress();
        const now = await clock(store);
        // Remember both: the id is not signed, so a replayed delivery could have another one.
        const keys = [
          ...checkSignature(webhook, delivery, now).map((signature) => keyOf('signature', signature)),
          ...(delivery.deliveryId === null ? [] : [keyOf('id', delivery.deliveryId)]),
        ];
        const since = new Date(now.getTime() - rememberedSeconds * 1000);
        const known = await store.webhooks.findAnswer(id, keys, since);
        if (known !== undefined) return { answer: deliveryAnswer.parse(known), isRepeated: true };
        const reading = readRunInput(delivery.body);
        if (!reading.ok) throw new ServiceError('invalid_request', reading.problem);
        const answer = await start(store, webhook, reading.input);
        await store.webhooks.noteDelivery(id, now);
        if (answer.started.length > 0) await store.webhooks.remember(id, { keys, answer, at: now, since });
        return { answer, isRepeated: false };
      });
      // Throw after the commit, so that the row of a skipped job is kept.
      if (taken.answer.started.length === 0) throw nothingStarted(taken.answer);
      return taken;
    },
  };
}

function listListening(jobs: readonly JobRecord[], path: string): { job: JobRecord; trigger: string }[] {
  return jobs.flatMap((job) => {
    const trigger = job.isArchived ? undefined : findWebhookTrigger(job.triggers, path);
    return trigger === undefined ? [] : [{ job, trigger }];
  });
}

function toAnswer({ succeeded, skipped, failed }: TriggerResult): DeliveryAnswer {
  return {
    started: succeeded.flatMap(({ job, run }) => (run ? [{ jobRef: job.jobRef, jobRunId: run.id }] : [])),
    declined: [
      ...skipped.map(({ job, status, reasons }) => ({ jobRef: job.jobRef, status, reasons })),
      ...failed.map(({ ref, code, detail }) => ({ jobRef: ref, status: code, reasons: [detail] })),
    ],
  };
}

function keyOf(kind: 'id' | 'signature', value: string): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([kind, value]))
    .digest();
}

/**
 * Creates the same error for an unknown token and for a path without listening jobs, so that guessing reveals
 * nothing.
 */
function unknownAddress(): ServiceError {
  return new ServiceError('not_found', 'There is no webhook at this address.');
}

function nothingStarted({ declined }: DeliveryAnswer): ServiceError {
  const extra = {
    declined: declined.map(({ jobRef, status, reasons }) => ({ job_ref: jobRef, status, reasons })),
  };
  return declined.every(({ status }) => limitStatuses.has(status))
    ? new ServiceError('too_many_runs', 'Every job of this webhook is at its limit of runs.', extra)
    : new ServiceError('start_declined', 'None of the jobs of this webhook was started.', extra);
}
