import type { DeliveryAnswer, TakeDelivery } from '../../services/webhooks/take-delivery.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { WebhookRecord } from '../../store/records.ts';
import { pathParamsOf } from '../../http/path-params.ts';
import { maxInputBytes } from '../../domain/runs/run-input.ts';
import { normalizeWebhookPath } from '../../domain/webhooks/webhook-path.ts';
import { ServiceError } from '../../platform/service-error.ts';

const jsonType = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;
const maxDeliveryIdLength = 200;
/** In order of precedence. */
const deliveryIdHeaders = ['x-pumphouse-delivery', 'x-github-delivery', 'idempotency-key'];

/**
 * Registers the URLs at which other systems start jobs (docs/concepts/webhooks.md): the URL is the
 * credential.
 */
export function registerHooks(app: FastifyInstance, takeDelivery: TakeDelivery): void {
  const webhooks = new WeakMap<FastifyRequest, WebhookRecord>();

  async function take(request: FastifyRequest, reply: FastifyReply) {
    const webhook = webhooks.get(request);
    if (!webhook) throw new Error('A webhook was reached without being looked up');
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    if (body.length > 0 && !jsonType.test(request.headers['content-type'] ?? '')) {
      throw new ServiceError(
        'unsupported_media_type',
        'Send the body as JSON, with the header `Content-Type: application/json`.',
      );
    }
    const { answer, isRepeated } = await takeDelivery.take(webhook, {
      body,
      deliveryId: readDeliveryId(request),
      signature: {
        own: readHeader(request, 'x-pumphouse-signature'),
        hub: readHeader(request, 'x-hub-signature-256'),
      },
    });
    return reply.code(isRepeated ? 200 : 202).send({ ...toResponse(answer), repeated: isRepeated });
  }

  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.setErrorHandler((error) => {
      throw isTooLarge(error)
        ? new ServiceError(
            'input_too_large',
            `The body is larger than ${maxInputBytes / 1024} KiB, the limit for the input of a run.`,
          )
        : error;
    });
    // Look up the webhook before reading any of the body.
    scope.addHook('onRequest', async (request) => {
      const { token = '', '*': path = '' } = pathParamsOf(request);
      webhooks.set(request, await takeDelivery.find({ token, path: normalizeWebhookPath(path) }));
    });
    for (const url of ['/hooks/:token', '/hooks/:token/*'])
      scope.post(url, { bodyLimit: maxInputBytes }, take);
  });
}

function readDeliveryId(request: FastifyRequest): string | null {
  for (const name of deliveryIdHeaders) {
    const value = readHeader(request, name)?.trim();
    if (!value) continue;
    if (value.length > maxDeliveryIdLength) {
      const message = `must be at most ${maxDeliveryIdLength} characters`;
      throw new ServiceError('invalid_request', `The header ${name} ${message}.`, [{ key: name, message }]);
    }
    return value;
  }
  return null;
}

function readHeader(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  // A header that is sent twice is one comma-separated value.
  return Array.isArray(value) ? value.join(',') : value;
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'statusCode' in error && error.statusCode === 413;
}

function toResponse({ started, declined }: DeliveryAnswer) {
  return {
    started: started.map(({ jobRef, jobRunId }) => ({ job_ref: jobRef, job_run_id: jobRunId })),
    declined: declined.map(({ jobRef, status, reasons }) => ({ job_ref: jobRef, status, reasons })),
  };
}
