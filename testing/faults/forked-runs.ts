/** Runs that are forked from a template, and the processes that serve them. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  listProcesses,
  readProcessText,
  selectDescendants,
} from '@pumphouse/server/platform/process-identity.ts';
import type { TestServer } from '../fixtures/server.ts';
import { readMetric } from '../fixtures/read-metric.ts';
import { eventually } from '../fixtures/eventually.ts';
import type { FaultSite } from './fault-site.ts';

/** A program of the bootstrap package that serves forked runs, by an argument of its command line. */
export const forkingPrograms = {
  template: 'inside/template/__main__.py',
  keeper: 'pumphouse_bootstrap/template_keeper',
  'fork server': '--fork-server',
} as const;

export type ForkingProgram = keyof typeof forkingPrograms;

/** How many runs the templates of this server have forked so far. */
export const countForkedRuns = (server: TestServer): Promise<number> =>
  readMetric(server, 'pumphouse_templates_runs');

/** Runs jobs until one is forked. A server that is to pause at a moment does not do so meanwhile. */
export async function warmUpForks(site: FaultSite, server: TestServer): Promise<void> {
  await eventually('a run is forked', async () => {
    await site.of(server).awaitEnd(await site.trigger(server, 'jobs.follow'));
    return (await countForkedRuns(server)) > 0;
  });
  await site.awaitTidiness();
}

/**
 * The process of a server that runs this program. The processes of a run that was forked from the template have its
 * command line, too, and started later.
 */
export async function findForkingProcess(server: TestServer, program: ForkingProgram): Promise<number> {
  const processes = await listProcesses();
  const own = selectDescendants(processes, server.process.pid ?? 0).toSorted(
    (a, b) => a.startTime - b.startTime,
  );
  for (const { pid } of own) {
    const commandLine = (await readProcessText(pid, 'cmdline')).split('\0');
    if (
      !commandLine[0]?.includes('bwrap') &&
      commandLine.some((word) => word.endsWith(forkingPrograms[program]))
    )
      return pid;
  }
  throw new Error(`This server has no ${program}.`);
}

/** Whether an attempt was forked, as long as its folder exists. */
export function isForked(dataDir: string, attemptId: string): boolean {
  return existsSync(join(dataDir, 'attempts', attemptId, 'forked.json'));
}

/** Notes the attempts of a data folder that are forked. Returns a function that ends this and tells their number. */
export function watchForkedAttempts(dataDir: string): () => number {
  const folder = join(dataDir, 'attempts');
  const seen = new Set<string>();
  const timer = setInterval(() => {
    const ids = existsSync(folder) ? readdirSync(folder) : [];
    for (const id of ids) if (isForked(dataDir, id)) seen.add(id);
  }, 50);
  return () => {
    clearInterval(timer);
    return seen.size;
  };
}
