/** What was found about services that the server uses, as findings. Pure. */
import type { Finding } from './check-result.ts';
import { ok, problem, warning } from './check-result.ts';

/** @param failure why the mail server cannot be used; null if it can */
export function deriveMailFinding(server: string, failure: string | null): Finding {
  if (failure === null) return ok(`The mail server ${server} answers and accepts the sign-in.`);
  return problem(
    `The mail server ${server} cannot be used: ${endSentence(failure)}`,
    'Check PUMPHOUSE_SMTP_URL (host, port, user, password; smtps:// for TLS from the start), and that a firewall lets this machine out.',
  );
}

/** @param failure why a blob cannot be written, read and removed; null if it can */
export function deriveBlobsFinding(kind: 'folder' | 's3', place: string, failure: string | null): Finding {
  if (failure === null) return ok(`A blob was written to ${place}, read and removed.`);
  return problem(
    `A blob cannot be written to ${place}, read and removed: ${endSentence(failure)}`,
    kind === 's3'
      ? 'Check PUMPHOUSE_BLOBS_URL and the PUMPHOUSE_S3_ settings: docs/operate/s3.md.'
      : 'Check the owner and the free space of that folder.',
  );
}

/** Events that rules were not evaluated on. */
export interface AlertEventsInput {
  waitingCount: number;
  /** When the oldest one happened. */
  waitingSince: Date | null;
  /** Those that were given up lately. */
  droppedCount: number;
  lastDroppedAt: Date | null;
}

/** Events are usually evaluated within seconds. */
const lateMs = 600_000;

export function deriveAlertsFinding(input: AlertEventsInput, now: Date): Finding {
  const { waitingCount, waitingSince, droppedCount, lastDroppedAt } = input;
  const nextStep = 'Look for "evaluated" in the log of the servers: it has the error. Report it.';
  if (droppedCount > 0 && lastDroppedAt !== null)
    return problem(
      `Events that could not be evaluated for alerts were dropped: ${droppedCount}, the last at ${lastDroppedAt.toISOString()}. Their incidents are missing.`,
      nextStep,
    );
  if (waitingSince !== null && now.getTime() - waitingSince.getTime() > lateMs)
    return warning(
      `Events wait for the evaluation of alerts: ${waitingCount}, the oldest since ${waitingSince.toISOString()}.`,
      nextStep,
    );
  return ok('No event waits for long for the evaluation of alerts, and none was dropped.');
}

function endSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
