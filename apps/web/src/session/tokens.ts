import { asObject } from '@pumphouse/contract';
import { z } from 'zod';

const storedSession = z.object({
  userId: z.string(),
  email: z.string(),
  jwt: z.string(),
  refreshToken: z.string(),
});

/**
 * The signed-in user and their tokens, shared by all tabs of the browser
 * (docs/decisions/0033-console-session.md).
 */
export type StoredSession = z.output<typeof storedSession>;

const key = 'pumphouse.session';

export function readSession(): StoredSession | null {
  return parse(localStorage.getItem(key));
}

function parse(text: string | null): StoredSession | null {
  if (text === null) return null;
  try {
    return storedSession.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

export function writeSession(session: StoredSession): void {
  localStorage.setItem(key, JSON.stringify(session));
}

export function forgetSession(): void {
  localStorage.removeItem(key);
}

/**
 * Calls back when another tab signs out or signs another user in, but not for a renewed token of the same
 * user.
 */
export function onOtherPerson(callback: () => void): void {
  addEventListener('storage', ({ key: changed, oldValue, newValue }) => {
    if (changed !== key && changed !== null) return;
    if (userIdOf(oldValue) !== userIdOf(newValue)) callback();
  });
}

function userIdOf(text: string | null): string | null {
  return parse(text)?.userId ?? null;
}

/** Remaining lifetime of a token in seconds; 0 for an unreadable token. */
export function secondsLeft(jwt: string, nowMs: number): number {
  try {
    const payload = jwt.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? '';
    const { exp } = asObject(JSON.parse(atob(payload)));
    return typeof exp === 'number' ? Math.max(0, exp - nowMs / 1000) : 0;
  } catch {
    return 0;
  }
}
