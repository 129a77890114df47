import type { FastifyInstance } from 'fastify';
import type { Load } from '../../services/runs/read-load.ts';
import { emitOpenApi } from '@pumphouse/contract';
import { formatMetrics } from './metrics-wire.ts';

export interface Readiness {
  ok: boolean;
  /** What is missing, one sentence each. */
  reasons: string[];
  /** What does not keep the server from working, and what an operator should see: variables that are no settings. */
  warnings?: readonly string[];
  /** Null where it cannot be read now. */
  load: Load | null;
}

/** For whoever watches the server, without a credential: is it alive, can it work, and what does it serve. */
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
    const { ok, load } = await readiness();
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(formatMetrics(ok, load));
  });
  app.get('/openapi.json', async (_request, reply) => {
    document ??= JSON.stringify(emitOpenApi());
    return reply.type('application/json').send(document);
  });
}

function toRuns({ batch, apps, unknown, longestWait }: Load) {
  return { batch, apps, unknown, longest_wait: longestWait };
}
