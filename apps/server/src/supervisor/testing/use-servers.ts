import type { ServerOptions } from './supervisor-fixture.ts';
import type { ServiceFixture } from '../../services/testing/service-fixture.ts';
import type { Supervisor } from '../supervisor.ts';
import { afterEach } from 'vitest';
import { createServer } from './supervisor-fixture.ts';
import { endOpenRuns } from '../../store/postgres/testing/runs.ts';

/**
 * Manages the servers of a test file; call it once per file. After each test it stops them and ends the runs
 * they left, so that the next test's servers do not pick them up.
 * @param findFixture returns the file's fixture once it exists
 */
export function useServers(findFixture: () => ServiceFixture) {
  let servers: Supervisor[] = [];
  afterEach(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    servers = [];
    await endOpenRuns(findFixture().database);
  });
  return async function startServer(options: ServerOptions): Promise<Supervisor> {
    const server = createServer(findFixture(), options);
    servers.push(server);
    await server.start();
    return server;
  };
}
