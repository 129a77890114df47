import { z } from 'zod';
import type { AttemptSpec } from './contract/attempt-runner.ts';
import { ExecutorError } from './contract/executor-error.ts';
import type { CopiedData, LocalDataScope } from './contract/local-data-store.ts';
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

const copyReportSchema = z.union([
  z.object({ is_busy: z.literal(true) }),
  z.object({ size_bytes: z.number(), plain_changed_seconds_ago: z.number().nullable() }),
]);

/**
 * Reads what a copy program printed; null if runs kept it from completing the copy.
 * @throws ExecutorError backend
 */
export function readCopyReport(
  code: number | null,
  stdout: readonly string[],
  stderr: readonly string[],
): CopiedData | null {
  const text = stderr.join('\n').trim();
  if (code !== 0)
    throw new ExecutorError('backend', `Local data could not be copied: ${text || `exit code ${code}`}`);
  const report = copyReportSchema.parse(JSON.parse(stdout.at(-1) ?? '{}'));
  if ('is_busy' in report) return null;
  return { sizeBytes: report.size_bytes, plainChangedSecondsAgo: report.plain_changed_seconds_ago };
}

function requireSafe(names: readonly string[]): void {
  const unsafe = names.find((name) => !isSafeName(name));
  if (unsafe !== undefined)
    throw new ExecutorError('config', `"${unsafe}" cannot be the name of a folder of a run.`);
}
