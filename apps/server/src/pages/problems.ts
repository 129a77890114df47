import type { ErrorCode } from '@pumphouse/contract';
import type { Visit } from './visit.ts';
import { errorCodes } from '@pumphouse/contract';
import { addRetryAfter } from './error-page.ts';
import { ServiceError } from '../platform/service-error.ts';

/** An error that a form shows beside the field concerned, or at the top. */
export interface Problem {
  code: ErrorCode;
  text: string;
  status: number;
}

/**
 * Performs a form's action. Errors that belong on the form's page are returned; others go to the error page.
 * @param shown error codes that the page shows itself
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

/** The text of a problem if it has one of these codes, for the field concerned. */
export function textOf(problem: Problem | null | undefined, ...codes: ErrorCode[]): string | null {
  return problem && codes.includes(problem.code) ? problem.text : null;
}
