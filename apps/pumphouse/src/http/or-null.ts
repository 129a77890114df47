import { ApiError } from '@pumphouse/client';

/** Awaits a call whose answer may be missing: returns null if the server answers with one of the statuses. */
export async function orNull<Value>(
  statuses: readonly number[],
  call: Promise<Value>,
): Promise<Value | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ApiError && statuses.includes(error.status)) return null;
    throw error;
  }
}
