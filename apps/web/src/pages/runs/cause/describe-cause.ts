import type { JobRunChangesResponse } from '@pumphouse/contract';
import { formatDuration, formatNoun } from '../../../ui/format.ts';
import { phaseLabels } from '../phase-shares.ts';

type Changes = JobRunChangesResponse;
export type ChangedFile = Changes['files'][number];

/** Files with more changed lines are collapsed at first. */
const maxOpenLines = 40;
const maxOpenFiles = 2;

/** When the job began to fail, such as "First failure since deployment 3"; null unless the run failed. */
export function describeStreak({ base, target, failure_streak: streak }: Changes): string | null {
  if (streak === null) return null;
  const { first, failed_count: count } = streak;
  const failures = formatNoun(count, 'failure');
  if (base === null) {
    return count === 1
      ? 'No earlier run of this job completed'
      : `Never completed: ${failures} since #${first.number}`;
  }
  const isNewCode = first.deployment_version !== base.deployment_version;
  const since = isNewCode ? `deployment ${first.deployment_version}` : `#${base.number} completed`;
  return first.id === target.id ? `First failure since ${since}` : `${failures} in a row since ${since}`;
}

/** Kinds of changes that were compared and do not differ, such as "configuration". */
export function listUnchanged(changes: Changes): string[] {
  const { files, other_changed_file_count: others, packages, configuration_files: settings } = changes;
  const kinds: [name: string, isUnchanged: boolean][] = [
    ['code', files.length === 0 && others === 0],
    ['configuration', settings.length === 0],
    ['variables', changes.changed_variable_count === 0],
    ['job settings', changes.job_changes.length + changes.run_changes.length === 0],
    ['packages', packages !== null && packages.length === 0],
  ];
  return kinds.flatMap(([name, isUnchanged]) => (isUnchanged ? [name] : []));
}

/** Whether nothing is known that may explain a different result. */
export function isUnchanged(changes: Changes): boolean {
  const { files, configuration_files: settings, run_changes: run, job_changes: job } = changes;
  const { packages, schemas, rows, durations, changed_variable_count: variables } = changes;
  const lists = [files, settings, run, job, packages ?? [], schemas, rows, durations];
  const hasUnknownFiles = changes.files_outcome !== 'compared' && changes.other_changed_file_count > 0;
  return lists.every(({ length }) => length === 0) && variables === 0 && !hasUnknownFiles;
}

/** Which files show their lines at first: the first ones, if they have few. */
export function listOpenFiles(files: readonly ChangedFile[]): ReadonlySet<string> {
  const readable = files.filter(({ added_line_count: added, removed_line_count: removed }) => {
    const lineCount = (added ?? 0) + (removed ?? 0);
    return lineCount > 0 && lineCount <= maxOpenLines;
  });
  return new Set(readable.slice(0, maxOpenFiles).map(({ path }) => path));
}

/** `extract of shop`, `Environment`. */
export function nameStep({ pipeline_name: pipeline, step }: Changes['durations'][number]): string {
  return pipeline === null ? (phaseLabels[step] ?? step) : `${step} of ${pipeline}`;
}

/** `9 s (was 1 s)` */
export function describeStepDuration(change: Changes['durations'][number]): string {
  return `${formatDuration(change.after_ms / 1000)} (was ${formatDuration(change.before_ms / 1000)})`;
}
