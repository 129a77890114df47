import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { findOnlyChild } from '../../fixtures/engine-process.ts';
import { eventually } from '../../fixtures/eventually.ts';

interface ProcessPlan {
  name: string;
  /** Program and arguments, with nsenter in front. */
  command: readonly [string, ...string[]];
  logFile: string;
  isReady: () => Promise<boolean>;
}

/** A program of the cluster in a namespace, which faults may stop and start again. */
export class ClusterProcess {
  #child: ChildProcess | null = null;
  readonly #plan: ProcessPlan;

  constructor(plan: ProcessPlan) {
    this.#plan = plan;
  }

  /** Starts it and waits until it is ready. */
  async start(): Promise<void> {
    const { name, command, logFile, isReady } = this.#plan;
    const [program, ...args] = command;
    const log = openSync(logFile, 'a');
    const child = spawn(program, args, { cwd: '/', stdio: ['ignore', log, log] });
    closeSync(log);
    this.#child = child;
    const outcome = await eventually(`${name} was ready or ended; its log: ${logFile}`, async () =>
      hasEnded(child) ? 'ended' : (await isReady()) && 'ready',
    );
    if (outcome === 'ended') throw new Error(`${name} ended while it started. ${await this.lastLines()}`);
  }

  /** Sends SIGTERM, or SIGKILL, and waits for its end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || hasEnded(child)) return;
    const gone = once(child, 'exit');
    // nsenter waits for the program and forwards no signal.
    process.kill(await findOnlyChild(child), signal);
    await gone;
  }

  async lastLines(): Promise<string> {
    const text = await readFile(this.#plan.logFile, 'utf8');
    return `The last lines of its log:\n${text.trimEnd().split('\n').slice(-20).join('\n')}`;
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
