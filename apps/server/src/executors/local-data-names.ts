import { z } from 'zod';
import type { AttemptSpec } from './contract/attempt-runner.ts';
import { ExecutorError } from './contract/executor-error.ts';
import type { LocalDataScope } from './contract/local-data-store.ts';
import { isSafeName } from './safe-name.ts';

/** @throws ExecutorError config for a specification whose names could lead out of their folders */
export function checkNames({ attemptId, workFolderName, localData }: AttemptSpec): void {
  const names = [attemptId, workFolderName];
  if (localData !== null) names.push(localData.workspaceId, localData.profile, mountedProfile(localData));
  requireSafe(names);
}

/** @throws ExecutorError config */
export function checkLocalDataScope({ workspaceId, profile }: LocalDataScope): void {
  requireSafe([workspaceId, profile]);
}

/** The profile in whose folder the attempt sees the data. */
export function mountedProfile(localData: NonNullable<AttemptSpec['localData']>): string {
  return localData.access === 'copy' ? localData.mountedAs : localData.profile;
}

/**
 * Reads the size that a copy program printed.
 * @throws ExecutorError backend
 */
export function readCopiedSize(
  code: number | null,
  stdout: readonly string[],
  stderr: readonly string[],
): number {
  const text = stderr.join('\n').trim();
  if (code !== 0)
    throw new ExecutorError('backend', `Local data could not be copied: ${text || `exit code ${code}`}`);
  const report = z.object({ size_bytes: z.number() }).safeParse(JSON.parse(stdout.at(-1) ?? '{}'));
  return report.success ? report.data.size_bytes : 0;
}

function requireSafe(names: readonly string[]): void {
  const unsafe = names.find((name) => !isSafeName(name));
  if (unsafe !== undefined)
    throw new ExecutorError('config', `"${unsafe}" cannot be the name of a folder of a run.`);
}
