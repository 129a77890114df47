import type { Logger } from 'pino';

/** What goes wrong, by the label of the app: an address has secrets in it, and a head cookies and keys. */
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
