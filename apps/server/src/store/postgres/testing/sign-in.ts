import type { TextQueryable } from '../pool.ts';
import { setColumns } from './set-columns.ts';

type Sql = Pick<TextQueryable, 'execute'>;

/** Makes the waits after failed sign-ins longer than any test takes. */
export async function stretchSignInWaits(sql: Sql): Promise<void> {
  await sql.execute(
    `update sign_in_failures set blocked_until = now() + interval '1 hour' where blocked_until is not null`,
  );
}

export interface FailureColumns {
  blockedUntil?: Date | null;
  windowEndsAt?: Date;
}

/** Sets columns of all counters of failed sign-ins, in place of the time. */
export function setSignInFailures(sql: Sql, columns: FailureColumns): Promise<void> {
  return setColumns(sql, 'sign_in_failures', { ...columns });
}

/**
 * Returns the whole length of the wait after the last failed sign-in at an account; 0 if there is none. It is
 * compared with the end of the counter, a day after the attempt, and not with the time, which passes meanwhile.
 */
export async function readSignInWait(sql: Pick<TextQueryable, 'maybeOne'>): Promise<number> {
  const row = await sql.maybeOne<{ seconds: number }>(
    `select extract(epoch from blocked_until - window_ends_at + interval '24 hours')::float8 as seconds
       from sign_in_failures where blocked_until is not null order by blocked_until desc limit 1`,
  );
  return row?.seconds ?? 0;
}

/** Adds pending device codes of callers in a network; their user codes start with its name. */
export async function addDeviceCodes(sql: Sql, count: number, network: string): Promise<void> {
  await sql.execute(
    `insert into device_codes (device_code_hash, user_code, client, network, expires_at)
     select sha256(convert_to($2 || n, 'UTF8')), $2 || n, 'test', $2, now() + interval '15 minutes'
       from generate_series(1, $1) n`,
    [count, network],
  );
}
