/** A running keeper (python/pumphouse_bootstrap/template_keeper) and its reports. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import { bootstrapVariables } from '../bootstrap-process.ts';
import { followReports } from '../program-reports.ts';
import type { KeeperPlan } from './template-plan.ts';

const reportSchema = z.union([
  z.object({ ready: z.literal(true), pid: z.int() }),
  z.object({ handed_out: z.int() }),
  z.object({ failed: z.string() }),
]);

export interface KeeperProcess {
  pid: number;
  /** Pid of the template. */
  templatePid: number;
  /** Tells the keeper to end, by the end of its standard input. */
  end(): void;
  /** Resolves when the keeper has ended. */
  ended: Promise<void>;
}

export interface KeeperOptions {
  pythonPath: string;
  bootstrapDir: string;
  plan: KeeperPlan;
  /** Called with the number of runs handed out so far. */
  onHandedOut: (runs: number) => void;
}

/** The plan follows on this descriptor, because it would be too long for an argument. */
const PLAN_DESCRIPTOR = 3;

/**
 * Starts a keeper and waits until its template serves runs.
 * @throws Error with the keeper's reason if it does not
 */
export async function startKeeper(options: KeeperOptions): Promise<KeeperProcess> {
  const program = join(options.bootstrapDir, 'template_keeper');
  const child = spawn(options.pythonPath, ['-I', '-S', program, String(PLAN_DESCRIPTOR)], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
    env: bootstrapVariables,
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const templatePid = await sendPlan(child, options, ended);
  return { pid: child.pid ?? 0, templatePid, end: () => child.stdin?.end(), ended };
}

function sendPlan(child: ChildProcess, options: KeeperOptions, ended: Promise<void>): Promise<number> {
  return new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.stdin?.on('error', () => undefined);
    void ended.then(() => reject(new Error('The keeper of the template ended.')));
    if (child.stdout === null) throw new Error('The keeper has no output.');
    followReports(child.stdout, reportSchema, (report) => {
      if ('ready' in report) resolve(report.pid);
      else if ('failed' in report) reject(new Error(report.failed));
      else options.onHandedOut(report.handed_out);
    });
    const plan = child.stdio[PLAN_DESCRIPTOR];
    if (plan === null || plan === undefined || !('end' in plan)) throw new Error('The keeper has no plan.');
    plan.on('error', () => undefined);
    plan.end(JSON.stringify(options.plan));
  });
}
