import type { FastifyInstance } from 'fastify';
import type { Load, PoolLoad } from '../../services/runs/read-load.ts';
import type { Readiness } from './readiness.ts';
import { emitOpenApi } from '@pumphouse/contract';
import { formatMetrics } from './metrics-serializers.ts';

/** Registers the probes, which need no credential: liveness, readiness, metrics and the OpenAPI document. */
export function registerProbes(app: FastifyInstance, readiness: () => Promise<Readiness>): void {
  let document: string | undefined;
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const { ok, reasons, warnings = [], load } = await readiness();
    return reply.code(ok ? 200 : 503).send({
      status: ok ? 'ready' : 'not_ready',
      reasons,
      ...(warnings.length > 0 && { warnings }),
      degraded: load?.problems ?? [],
      runs: load && toRuns(load),
    });
  });
  app.get('/metrics', async (_request, reply) => {
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(formatMetrics(await readiness()));
  });
  app.get('/openapi.json', async (_request, reply) => {
    document ??= JSON.stringify(emitOpenApi());
    return reply.type('application/json').send(document);
  });
}

function toRuns({ batch, apps, unknown, longestWait }: Load) {
  return { batch: toPool(batch), apps: toPool(apps), unknown, longest_wait: longestWait };
}

function toPool({ pending, active, slots, free }: PoolLoad) {
  return { pending, active, slots, free };
}
