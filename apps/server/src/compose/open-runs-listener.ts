import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { CreatedExecutor } from './create-executor.ts';
import { listeningAddress } from '../platform/listening-address.ts';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { closeHttpApp } from '../http/http-app.ts';
import { createRunsListener, type RunsListener } from '../listeners/runs-listener.ts';

/**
 * Opens the listener for runs in containers; null if runs are processes on this machine, which use the
 * server's normal address.
 */
export async function openRunsListener(
  config: Config,
  { executor, containers }: CreatedExecutor,
  { buildApi, log }: { buildApi: () => FastifyInstance; log: Logger },
): Promise<RunsListener | null> {
  if (!containers) return null;
  const listener = createRunsListener({
    settings: {
      host: config.attemptsHost,
      port: config.attemptsPort || (await findFreePort()),
      url: config.attemptsUrl,
      engineUrl: containers.engineUrl,
    },
    findGateway: () => containers.findGateway(),
    inspect: (handle) => executor.inspect(handle),
    buildApi,
    closeApi: closeHttpApp,
    log,
  });
  await listener.start();
  const problem = await listener.findProblem();
  if (problem) log.error({ detail: problem }, 'runs cannot reach this server');
  return listener;
}

/** The port must be fixed before the listening address exists, because runs receive it earlier. */
async function findFreePort(): Promise<number> {
  const server = createServer().listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const { port } = listeningAddress(server);
  server.close();
  await once(server, 'close');
  return port;
}
