import type { FaultPointName } from '@pumphouse/server/platform/fault-points.ts';
import type { TestServer } from '../fixtures/server.ts';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { eventually } from '../fixtures/eventually.ts';

/** A short lease, so that a second server takes over soon enough for a test. */
export const siteVariables = { PUMPHOUSE_LEASE_SECONDS: '2' };

/** Servers on the data folder of `first`, which has ended. */
export function createSiteServers(first: TestServer, pauseFile: string) {
  const servers = new Set<TestServer>();
  const notYetFile = `${pauseFile}.not-yet`;

  function track(server: TestServer): TestServer {
    servers.add(server);
    return server;
  }

  return {
    /** A server on the site's port, paused at a fault point if one is named; `command` is that of another release. */
    async start({
      pauseAt,
      untilReady = true,
      command,
    }: { pauseAt?: FaultPointName; untilReady?: boolean; command?: string } = {}): Promise<TestServer> {
      const variables = { PUMPHOUSE_PAUSE_AT: pauseAt === undefined ? '' : `${pauseAt}:${pauseFile}` };
      return track(await first.restart(variables, { untilReady, command }));
    },
    /** A second server, on another port. */
    startBeside: async (options: { command?: string } = {}): Promise<TestServer> =>
      track(await first.startBeside({ PUMPHOUSE_PAUSE_AT: '' }, options)),

    /** Resolves when a server has reached its fault point. */
    awaitPause: () => eventually('the server comes to that moment', () => existsSync(pauseFile)),
    resume: () => rmSync(pauseFile, { force: true }),
    /** Lets servers pass their fault point until `rearm`. */
    disarm: () => writeFileSync(notYetFile, ''),
    rearm: () => rmSync(notYetFile, { force: true }),

    /** The last log lines of each server started since the last `endServers`, without requests. */
    readLogs: (): string[] =>
      [...servers].flatMap((server) => {
        const lines = server.log().split('\n');
        return lines.filter((line) => !line.includes('"msg":"request"')).slice(-30);
      }),

    async endServers(): Promise<void> {
      // A server that has not come to its fault point would stop at it now, and nothing would let it go on.
      writeFileSync(notYetFile, '');
      rmSync(pauseFile, { force: true });
      for (const server of servers) {
        server.process.kill('SIGCONT');
        await server.end('SIGTERM');
      }
      servers.clear();
      rmSync(notYetFile);
    },
  };
}
