import type { ErrorCode } from '@pumphouse/contract';
import type { Visit } from './visit.ts';
import { errorCodes } from '@pumphouse/contract';
import { addRetryAfter } from './error-page.ts';
import { ServiceError } from '../platform/service-error.ts';

/** What a form shows beside the field that is wrong, or above all of them. */
export interface Problem {
  code: ErrorCode;
  text: string;
  status: number;
}

/**
 * Does what a form asks for. A refusal that belongs on the page of the form is given back; others go on to the page for errors.
 * @param shown codes of refusals that the page shows itself
 */
export async function attempt<Result>(
  visit: Visit,
  shown: readonly ErrorCode[],
  work: () => Promise<Result>,
): Promise<{ result: Result } | { problem: Problem }> {
  try {
    return { result: await work() };
  } catch (error) {
    if (!(error instanceof ServiceError) || !shown.includes(error.code)) throw error;
    addRetryAfter({ header: visit.setHeader }, error.extra);
    const { code, message } = error;
    return { problem: { code, text: message, status: errorCodes[code].status } };
  }
}

/** The words of a problem where it is one of these, for the field that it belongs to. */
export function textOf(problem: Problem | null | undefined, ...codes: ErrorCode[]): string | null {
  return problem && codes.includes(problem.code) ? problem.text : null;
}
