import { asObject } from '@pumphouse/contract';

/** A sign-in requested by this tab, without a response so far. */
export interface PendingSignIn {
  state: string;
  verifier: string;
  /** A path of this console, with its query and hash. */
  returnTo: string;
  /** True if it replaces a sign-in whose request had expired. */
  isRetry: boolean;
}

type KeptText = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const key = 'pumphouse.sign-in';
/**
 * The back button can lead to sign-in pages of earlier requests; their responses still find their return URL.
 */
const maxPending = 5;

/** Keeps pending sign-ins in the storage of a tab, the newest last. */
export function createPendingSignIns(storage: KeptText) {
  function read(): PendingSignIn[] {
    try {
      const kept: unknown = JSON.parse(storage.getItem(key) ?? '[]');
      return Array.isArray(kept) ? kept.filter(isPending) : [];
    } catch {
      return [];
    }
  }

  return {
    add(pending: PendingSignIn): void {
      storage.setItem(key, JSON.stringify([...read(), pending].slice(-maxPending)));
    },

    /** Removes all and returns the one with this state; null if this tab requested none with it. */
    take(state: string | null): PendingSignIn | null {
      const found = read().find((each) => each.state === state) ?? null;
      if (found !== null) storage.removeItem(key);
      return found;
    },

    /** Removes all and returns the newest one. */
    takeNewest(): PendingSignIn | null {
      const newest = read().at(-1) ?? null;
      storage.removeItem(key);
      return newest;
    },
  };
}

function isPending(value: unknown): value is PendingSignIn {
  const { state, verifier, returnTo } = asObject(value);
  return [state, verifier, returnTo].every((each) => typeof each === 'string');
}

/**
 * Returns the path of this origin with query and hash. Browsers interpret `//host`, `/\host` and paths with
 * control characters as other hosts, so for those it returns the start page.
 */
export function readOwnPath(text: string, origin: string): string {
  // Check for control characters first: URL drops tabs and line breaks before it parses.
  if (!text.startsWith('/') || /[\\\p{Cc}]/u.test(text) || !URL.canParse(text, origin)) return '/';
  const { origin: target, pathname, search, hash } = new URL(text, origin);
  return target === origin && !pathname.startsWith('//') ? `${pathname}${search}${hash}` : '/';
}
