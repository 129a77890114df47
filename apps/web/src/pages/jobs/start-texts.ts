import { ApiError } from '@pumphouse/client';
import type { TriggerJobsResponse } from '@pumphouse/contract';
import { describeError } from '../../ui/answers.tsx';
import { formatInstant } from '../../ui/format.ts';

/** Why the start was rejected, as a sentence, with the server's reasons if it returns any. */
export function explainStartProblem(error: unknown): string {
  const reasons = error instanceof ApiError ? readReasons(error.extra) : [];
  if (reasons.length === 0) return describeError(error).detail;
  return `Not started: ${reasons.map(endSentence).join(' ')}`;
}

/** Describes what a refresh of one job would cover now, from the response of a dry run. */
export function describeRefresh({
  succeeded: [started],
  skipped: [skipped],
  failed: [failed],
}: TriggerJobsResponse): string {
  if (started) return (started.reasons ?? []).map(describePreview).join(' ');
  const reasons = skipped?.reasons ?? (failed ? [failed.detail] : []);
  return `A refresh cannot start now: ${reasons.map(endSentence).join(' ')}`;
}

function describePreview(reason: string): string {
  const [, mode, start, end] = /^(refreshes|covers) (\S+T\S+) to (\S+)$/.exec(reason) ?? [];
  if (start === undefined || end === undefined)
    return endSentence(reason.replace(/^./, (first) => first.toUpperCase()));
  const interval = `${formatInstant(new Date(start))} – ${formatInstant(new Date(end))}`;
  return mode === 'refreshes' ? `Reloads ${interval}.` : `Loads ${interval}, without a refresh.`;
}

function readReasons(extra: unknown): string[] {
  if (typeof extra !== 'object' || extra === null || !('reasons' in extra)) return [];
  const { reasons } = extra;
  return Array.isArray(reasons) ? reasons.filter((each) => typeof each === 'string') : [];
}

function endSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
