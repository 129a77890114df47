import type { Logger } from 'pino';
import { errorCodeOf } from '../platform/error-code.ts';

/** Logs problems by the app's label only: URLs contain secrets, and headers contain cookies and keys. */
export interface AppsLog {
  warn(message: string, label: string | null, error: unknown): void;
}

export function createAppsLog(log: Pick<Logger, 'warn'>): AppsLog {
  return {
    warn(message, label, error) {
      const reason = error instanceof Error ? error.message : undefined;
      log.warn({ ...(label !== null && { app: label }), code: errorCodeOf(error), reason }, message);
    },
  };
}
