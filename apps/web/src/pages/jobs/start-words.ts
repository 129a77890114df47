import { ApiError } from '@pumphouse/client';
import { describeError } from '../../look/answers.tsx';

/** Why nothing was started, as a sentence: the reasons of the server where it gives them. */
export function explainStartProblem(error: unknown): string {
  const reasons = error instanceof ApiError ? readReasons(error.extra) : [];
  if (reasons.length === 0) return describeError(error).detail;
  return `Not started: ${reasons.map(endSentence).join(' ')}`;
}

function readReasons(extra: unknown): string[] {
  if (typeof extra !== 'object' || extra === null || !('reasons' in extra)) return [];
  const { reasons } = extra;
  return Array.isArray(reasons) ? reasons.filter((each) => typeof each === 'string') : [];
}

function endSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
