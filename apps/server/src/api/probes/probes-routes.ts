import type { FastifyInstance } from 'fastify';
import type { Backlog } from '../../services/runs/read-backlog.ts';
import type { Instruments } from '../../platform/instruments.ts';
import type { Load, PoolLoad } from '../../services/runs/read-load.ts';
import type { Readiness } from './readiness.ts';
import { createHash, timingSafeEqual } from 'node:crypto';
import { emitOpenApi } from '@pumphouse/contract';
import { registerState } from './metrics-serializers.ts';
import { ServiceError } from '../../platform/service-error.ts';

export interface Probes {
  readiness: () => Promise<Readiness>;
  /** Null if it cannot be read at the moment. */
  readBacklog: () => Promise<Backlog | null>;
  instruments: Instruments;
  /** What `/metrics` requires as a bearer token; null or absent for no credential. */
  metricsToken?: string | null;
}

/**
 * Registers the probes: liveness, readiness, metrics and the OpenAPI document. They need no credential, except
 * for metrics if the operator has set a token.
 */
export function registerProbes(
  app: FastifyInstance,
  { readiness, readBacklog, instruments, metricsToken }: Probes,
): void {
  let document: string | undefined;
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const { ok, reasons, warnings = [], degraded, load } = await readiness();
    return reply.code(ok ? 200 : 503).send({
      status: ok ? 'ready' : 'not_ready',
      reasons,
      ...(warnings.length > 0 && { warnings }),
      degraded,
      runs: load && toRuns(load),
    });
  });
  app.get('/metrics', async (request, reply) => {
    requireToken(metricsToken ?? null, request.headers.authorization);
    const [ready, backlog] = await Promise.all([readiness(), readBacklog()]);
    const state = await registerState(ready, backlog).metrics();
    const counted = await instruments.registry.metrics();
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(`${state}\n${counted}`);
  });
  app.get('/openapi.json', async (_request, reply) => {
    document ??= JSON.stringify(emitOpenApi());
    return reply.type('application/json').send(document);
  });
}

/** @throws ServiceError not_authenticated */
function requireToken(token: string | null, authorization: string | undefined): void {
  if (token === null) return;
  const given = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? '';
  const digest = (text: string) => createHash('sha256').update(text).digest();
  if (!timingSafeEqual(digest(given), digest(token)))
    throw new ServiceError(
      'not_authenticated',
      'The metrics of this server need the token of PUMPHOUSE_METRICS_TOKEN_FILE as Authorization: Bearer.',
    );
}

function toRuns({ batch, apps, unknown, longestWait }: Load) {
  return { batch: toPool(batch), apps: toPool(apps), unknown, longest_wait: longestWait };
}

function toPool({ pending, active, slots, free }: PoolLoad) {
  return { pending, active, slots, free };
}
