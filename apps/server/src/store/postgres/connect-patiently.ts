import { setTimeout as delay } from 'node:timers/promises';

/** Waits out the moments in which Postgres is not there: nothing was sent yet, so trying again is safe. */
export async function connectPatiently<Connection>(
  connect: () => Promise<Connection>,
  timeoutMs: number,
): Promise<Connection> {
  const deadline = Date.now() + timeoutMs;
  for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 2, 500)) {
    try {
      return await connect();
    } catch (error) {
      if (!isAbsence(error) || Date.now() + pauseMs > deadline) throw error;
      await delay(pauseMs);
    }
  }
}

// 57P03: starting up, shutting down or recovering.
const absenceCodes = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', '57P03']);

function isAbsence(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? error.code : undefined;
  return (
    (typeof code === 'string' && absenceCodes.has(code)) ||
    error.message === 'Connection terminated unexpectedly'
  );
}
