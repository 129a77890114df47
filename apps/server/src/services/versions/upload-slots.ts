import { ServiceError } from '../../platform/service-error.ts';

/** A deploy sends two uploads concurrently. */
const defaultPerAccount = 6;
const retryAfterSeconds = 5;

export type UploadSlots = ReturnType<typeof createUploadSlots>;

/**
 * Limits how many uploads of one account this server receives and checks concurrently, so that they do not
 * fill the queue of others. It rejects the others; p-limit would hold their connections open.
 */
export function createUploadSlots(maxPerAccount = defaultPerAccount) {
  const taken = new Map<string, number>();
  return {
    /** Takes a slot until it is disposed. @throws ServiceError too_many_uploads */
    take(userId: string): Disposable {
      const count = taken.get(userId) ?? 0;
      if (count >= maxPerAccount) throw tooManyUploads(maxPerAccount);
      taken.set(userId, count + 1);
      return {
        [Symbol.dispose]() {
          const left = (taken.get(userId) ?? 1) - 1;
          if (left > 0) taken.set(userId, left);
          else taken.delete(userId);
        },
      };
    },
  };
}

function tooManyUploads(most: number): ServiceError {
  return new ServiceError(
    'too_many_uploads',
    `${most} uploads of this account are being received or checked, which is the maximum. Wait for one to end, then upload again.`,
    { retry_after_seconds: retryAfterSeconds },
  );
}
