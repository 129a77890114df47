import { LockTimeoutError } from './lock-timeout-error.ts';

// Postgres: 08 connection exceptions, 57P shutdowns and start-up.
const absenceStates = /^(08|57P)/;
const absenceCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE']);
// pg's messages for a broken connection or a connection timeout; these errors have no code.
const absenceText =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|timeout expired)/;

/** Whether the database could not be reached. */
export function isStoreAbsent(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const isConnect = 'syscall' in error && error.syscall === 'connect';
  const code = codeOf(error);
  return isConnect || absenceCodes.has(code) || absenceStates.test(code) || absenceText.test(error.message);
}

// Postgres: 25P03 and 25P04 ended transactions, 40 conflicts, 53 no space, memory or connection left, 55P03 locks,
// 57014 statements that were cancelled or took too long, 58 errors of files.
const passingStates = /^(25P03|25P04|40|53|55P03|57014|58)/;

/** Whether the same work may succeed later, because the reason lies in the database and not in the work. */
export function isPassing(error: unknown): boolean {
  if (error instanceof LockTimeoutError || isStoreAbsent(error)) return true;
  return error instanceof Error && passingStates.test(codeOf(error));
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
