import { exitCodes, type ExitCode } from '../errors/exit-codes.ts';
import { report } from '../session/report.ts';
import type { Session } from '../session/session.ts';

/** Prints whether a test or a repeated delivery arrived. @returns the exit code: 5 if it was not delivered */
export function reportDelivery(
  session: Session,
  result: { status: string; reason: string | null; answer: string | null },
  subject: string,
): ExitCode {
  const { status, reason, answer } = result;
  if (status === 'delivered') {
    report(session, result, `${subject} was delivered.`);
    return exitCodes.done;
  }
  const answered = answer ? ` Its receiver answered: ${answer}` : '';
  report(session, result, `${subject} was not delivered: ${reason ?? status}.${answered}`);
  return exitCodes.refused;
}
