import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

export interface CommandOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  onLine?: (line: string) => void;
}

export interface CommandRun {
  /** Milliseconds since the epoch, just before the process was created. */
  startedAtMs: number;
  durationMs: number;
  lines: string[];
}

/**
 * Runs a command to completion and returns the lines of its standard output.
 * @throws Error when its exit code is not 0
 */
export async function runCommand(argv: readonly string[], options: CommandOptions): Promise<CommandRun> {
  const [command = '', ...args] = argv;
  const startedAtMs = Date.now();
  const startedAt = performance.now();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close') as Promise<[number | null]>;
  const errors = text(child.stderr);
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    options.onLine?.(line);
    lines.push(line);
  }
  const [code] = await closed;
  const durationMs = performance.now() - startedAt;
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with code ${code}:\n${await errors}`);
  return { startedAtMs, durationMs, lines };
}

/**
 * Converts a printed `time.time_ns()` to milliseconds since the epoch.
 * @throws Error for another line
 */
export function readTimeMs(line: string | undefined): number {
  if (!line || !/^\d{19}$/.test(line)) throw new Error(`"${line}" is not the time that a script prints`);
  return Number(BigInt(line) / 1000n) / 1000;
}
