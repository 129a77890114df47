import type { Logger } from 'pino';

/** Logs problems by the app's label only: URLs contain secrets, and headers contain cookies and keys. */
export interface AppsLog {
  warn(message: string, label: string | null, error: unknown): void;
}

export function createAppsLog(log: Pick<Logger, 'warn'>): AppsLog {
  return {
    warn(message, label, error) {
      const { code, message: words } = error as { code?: unknown; message?: unknown };
      log.warn({ ...(label !== null && { app: label }), code, reason: words }, message);
    },
  };
}
