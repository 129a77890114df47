import { setTimeout as delay } from 'node:timers/promises';
import { readMetric } from '../fixtures/read-metric.ts';
import type { TestServer } from '../fixtures/server.ts';
import type { DeployedWorkspace } from './bench-workspace.ts';

const checkIntervalMs = 100;
const maxRuns = 20;

/**
 * Runs a job until the server has one more template, whose runs are then forked.
 * @throws Error if none has started after many runs
 */
export async function warmUpTemplate(
  server: TestServer,
  workspace: DeployedWorkspace,
  jobName: string,
): Promise<void> {
  const before = await countTemplates(server);
  for (let run = 0; run < maxRuns; run += 1) {
    await workspace.completeRun(jobName);
    if ((await countTemplates(server)) > before) return;
    await delay(checkIntervalMs);
  }
  throw new Error(`No template has started after ${maxRuns} runs of ${jobName}`);
}

const countTemplates = (server: TestServer): Promise<number> => readMetric(server, 'pumphouse_templates');
