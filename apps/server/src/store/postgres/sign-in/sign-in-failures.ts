import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

/** The number of free attempts, and the waits after them, which double each time up to a maximum. */
export interface TryLimits {
  freeTries: number;
  firstWaitSeconds: number;
  maxWaitSeconds: number;
  /** After this long without an attempt, the counter is reset. */
  windowSeconds: number;
}

export type SignInFailureStore = ReturnType<typeof createSignInFailureStore>;

/** Stores attempts to sign in that have not succeeded (yet), counted by account and by address. */
export function createSignInFailureStore(sql: Queryable) {
  return {
    /**
     * Counts an attempt before it is checked, so that concurrent servers together admit no more than the
     * limit.
     * @returns the number of attempts, or when the next one is allowed
     */
    async admit(
      bucket: Uint8Array,
      limits: TryLimits,
    ): Promise<{ failures: number } | { blockedUntil: Date }> {
      const [admitted] = await sql.prepared<{ failures: number }>(named(admitText, { ...limits, bucket }));
      if (admitted) return admitted;
      const blocked = await sql.maybeOne<{ blockedUntil: Date | null }>(
        named('select blocked_until as "blockedUntil" from sign_in_failures where bucket = :bucket', {
          bucket,
        }),
      );
      // Unblocked between the two statements: the next attempt will be admitted.
      return { blockedUntil: blocked?.blockedUntil ?? new Date() };
    },

    /** Removes an attempt that must not count. */
    takeBack: (bucket: Uint8Array) =>
      sql.query(
        named(
          `update sign_in_failures set failures = greatest(failures - 1, 0), blocked_until = null where bucket = :bucket`,
          { bucket },
        ),
      ),

    clear: (bucket: Uint8Array) =>
      sql.query(named('delete from sign_in_failures where bucket = :bucket', { bucket })),

    removeExpired: () => sql.query('delete from sign_in_failures where window_ends_at <= now()'),
  };
}

const failuresNow = 'case when known.window_ends_at <= now() then 1 else known.failures + 1 end';

/**
 * The wait after the n-th attempt. The exponent is limited, because a power of two of any count would
 * overflow.
 */
const waitAfter = (failures: string) =>
  `case when ${failures} <= :freeTries then null
        else now() + make_interval(secs => least(
          :maxWaitSeconds, :firstWaitSeconds * power(2, least(${failures} - :freeTries - 1, 30)))) end` as const;

const admitText = `
  insert into sign_in_failures as known (bucket, failures, blocked_until, window_ends_at)
  values (:bucket, 1, ${waitAfter('1')}, now() + make_interval(secs => :windowSeconds))
  on conflict (bucket) do update
     set failures = ${failuresNow}, blocked_until = ${waitAfter(`(${failuresNow})`)}, window_ends_at = excluded.window_ends_at
   where known.window_ends_at <= now() or known.blocked_until is null or known.blocked_until <= now()
  returning failures` as const;
