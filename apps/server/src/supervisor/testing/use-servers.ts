import type { ServerOptions } from './supervisor-fixture.ts';
import type { ServiceFixture } from '../../services/testing/service-fixture.ts';
import type { Supervisor } from '../supervisor.ts';
import { afterEach } from 'vitest';
import { createServer } from './supervisor-fixture.ts';

/**
 * Servers for the tests of a file, which calls this once. After each test they stop, and what they left running ends: it is no concern of
 * the next one's servers.
 * @param findFixture gives the file's fixture once there is one
 */
export function useServers(findFixture: () => ServiceFixture) {
  let servers: Supervisor[] = [];
  afterEach(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    servers = [];
    await findFixture().database.execute(
      `update job_runs set status = 'failed', finished_at = now() where finished_at is null`,
    );
  });
  return async function startServer(options: ServerOptions): Promise<Supervisor> {
    const server = createServer(findFixture(), options);
    servers.push(server);
    await server.start();
    return server;
  };
}
