/** Options for running a command to completion. */
import { isErrorCode } from '../../platform/error-code.ts';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { EnvironmentLine } from '../contract/environment-builder.ts';

export interface CommandOptions {
  /** The complete environment: nothing is inherited. */
  variables: Record<string, string>;
  onLine?: (line: EnvironmentLine) => void;
  signal?: AbortSignal | undefined;
  /**
   * Masks secrets in each line before long lines are truncated, because part of a secret would not be
   * recognized.
   */
  mask?: (text: string) => string;
}

/** `stdout` and `stderr` contain only the last lines. */
export interface CommandResult {
  code: number | null;
  signal: string | null;
  stdout: string[];
  stderr: string[];
}

const KEPT_LINES = 200;
const LINE_CHARACTERS = 8192;

/**
 * Runs a command in its own process group, and waits until it and its output have ended. Remaining processes
 * of its group are killed: they would hold the output open and block the caller, as pasta's child does when
 * pasta fails to create a network. An abort kills the group; the result then contains the signal.
 * @throws Error when the program cannot be started
 */
export async function runCommand(argv: string[], options: CommandOptions): Promise<CommandResult> {
  const [program = '', ...programArguments] = argv;
  const child = spawn(program, programArguments, {
    cwd: '/',
    env: options.variables,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const kill = (): void => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  };
  child.once('exit', () => killRest(child.pid));
  options.signal?.addEventListener('abort', kill);
  try {
    const ended = new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    if (options.signal?.aborted === true) kill();
    const stdout = collectLines(child.stdout, 'stdout', options);
    const stderr = collectLines(child.stderr, 'stderr', options);
    return { ...(await ended), stdout: await stdout, stderr: await stderr };
  } finally {
    options.signal?.removeEventListener('abort', kill);
  }
}

function killRest(groupId: number | undefined): void {
  try {
    if (groupId !== undefined) process.kill(-groupId, 'SIGKILL');
  } catch (error) {
    // ESRCH: nothing is left. EPERM: the rest belongs to another user, such as the user of a build.
    if (!isErrorCode(error, 'ESRCH') && !isErrorCode(error, 'EPERM')) throw error;
  }
}

async function collectLines(
  stream: Readable,
  name: EnvironmentLine['stream'],
  { onLine, mask = (text) => text }: CommandOptions,
): Promise<string[]> {
  const kept: string[] = [];
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
    const text = mask(line).slice(0, LINE_CHARACTERS);
    onLine?.({ stream: name, text });
    if (kept.push(text) > KEPT_LINES) kept.shift();
  }
  return kept;
}
