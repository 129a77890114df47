import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { findProgram } from '../manifest/find-program.ts';

/** The path of uv; null if it is not installed. */
export function findUv(env: NodeJS.ProcessEnv): string | null {
  return findProgram('uv', env);
}

/** Whether uv failed because it could not reach a package index, rather than because of the requirements. */
export function isWithoutIndex(error: unknown): boolean {
  return (
    error instanceof CommandError &&
    error.lines.some((line) =>
      /failed to fetch|error sending request|network connectivity|dns error/i.test(line),
    )
  );
}

const maxOutputBytes = 64 * 1024 * 1024;

/**
 * Runs uv and returns what it prints.
 * @throws CommandError requirements_failed with uv's own message
 */
export async function runUv(
  uv: string,
  args: readonly string[],
  { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(uv, args, { cwd, env, maxBuffer: maxOutputBytes });
    return stdout;
  } catch (error) {
    const printed = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    throw new CommandError(`uv ${args.slice(0, 2).join(' ')} failed.`, {
      code: 'requirements_failed',
      exitCode: exitCodes.refused,
      nextStep: 'Correct the requirements of the workspace; uv lock updates uv.lock.',
      lines: printed.trim().split('\n'),
    });
  }
}
