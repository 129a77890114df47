import type { Persistence } from '../../store/store.ts';
import type { WorkerRecord } from '../../store/records.ts';
import { createHash } from 'node:crypto';

export interface AuthenticatedWorker {
  worker: WorkerRecord;
  tokenHash: Uint8Array;
}

export type AuthenticateWorker = ReturnType<typeof createAuthenticateWorker>;

/** Creates the function that finds a worker by its token. */
export function createAuthenticateWorker({ store }: Persistence<'workers'>) {
  /** @returns null if the token is invalid or revoked */
  return async function authenticateWorker(token: string): Promise<AuthenticatedWorker | null> {
    if (!token.startsWith(workerTokenPrefix)) return null;
    const tokenHash = hashToken(token);
    const worker = await store.workers.findByToken(tokenHash);
    return worker ? { worker, tokenHash } : null;
  };
}

export const workerTokenPrefix = 'phw_';

export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
