import type { FaultPointName } from '@pumphouse/server/platform/fault-points.ts';
import type { FaultSite } from './fault-site.ts';
import type { TestServer } from '../fixtures/server.ts';
import { lastLineBeforeHold } from './fault-workspace.ts';

/** A server that has reached a moment in a run. */
interface Reached {
  server: TestServer;
  jobRunId: string;
}

/** A moment at which a server may be killed or stopped. */
export interface Moment {
  name: string;
  /** Starts a server and a run, and resolves at the moment. */
  reach: (site: FaultSite) => Promise<Reached>;
}

/** The moments in the order in which a run reaches them. */
export const moments: readonly Moment[] = [
  atPoint('between the claim and the start', 'after-claim'),
  {
    name: 'before the environment is built',
    reach: async (site) => {
      const server = await site.start({ pauseAt: 'in-environment-build' });
      await site.needNewEnvironment(server);
      const jobRunId = await site.trigger(server);
      await site.awaitPause();
      return { server, jobRunId };
    },
  },
  {
    name: 'while uv builds the environment',
    reach: async (site) => {
      const server = await site.start();
      await site.needNewEnvironment(server);
      const jobRunId = await site.trigger(server);
      await site.of(server).awaitLine(jobRunId, 'Resolved');
      return { server, jobRunId };
    },
  },
  atPoint('while the folder of the attempt is written', 'in-attempt-preparation'),
  atPoint('between the start and the stored handle', 'before-handle-stored'),
  {
    name: 'in user code',
    reach: async (site) => {
      const server = await site.start();
      return { server, jobRunId: await startHeldRun(site, server) };
    },
  },
  atPoint('while dlt sends its beacon', 'beacon-received'),
  atPoint('between exit and finish', 'between-exit-and-finish'),
  atPoint('inside finish, before the commit', 'in-finish-before-commit'),
  atPoint('after the commit of finish', 'after-finish-commit'),
  atPoint('while the log is compressed', 'in-log-compression'),
  {
    name: 'in a second start-up',
    reach: async (site) => {
      const first = await site.start();
      const jobRunId = await startHeldRun(site, first);
      await first.end('SIGKILL');
      const server = await site.start({ pauseAt: 'in-start-up', untilReady: false });
      await site.awaitPause();
      return { server, jobRunId };
    },
  },
];

function atPoint(name: string, pauseAt: FaultPointName): Moment {
  return {
    name,
    reach: async (site) => {
      const server = await site.start({ pauseAt });
      const jobRunId = await site.trigger(server);
      await site.awaitPause();
      return { server, jobRunId };
    },
  };
}

/** Starts a run and waits until its user code waits. */
export async function startHeldRun(site: FaultSite, server: TestServer): Promise<string> {
  site.hold();
  const jobRunId = await site.trigger(server);
  await site.of(server).awaitLine(jobRunId, lastLineBeforeHold);
  return jobRunId;
}
