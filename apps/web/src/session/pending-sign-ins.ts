/** A sign-in that this tab asked for and that the sign-in pages have not answered yet. */
export interface PendingSignIn {
  state: string;
  verifier: string;
  /** A path of this console, with its query and hash. */
  returnTo: string;
  /** The sign-in replaces one whose request had expired. */
  isRetry: boolean;
}

type KeptText = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const key = 'pumphouse.sign-in';
/** The back button leads to sign-in pages of earlier requests: their answers still find the page that they were asked for. */
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

    /** Removes all and returns the one that an answer belongs to; null when this tab asked for none with this state. */
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
  const { state, verifier, returnTo } = (value ?? {}) as Partial<Record<keyof PendingSignIn, unknown>>;
  return [state, verifier, returnTo].every((each) => typeof each === 'string');
}

/**
 * Reads a path of this origin, with its query and hash. Browsers take `//host`, `/\host` and paths with control characters for other hosts,
 * so those lead to the start page.
 */
export function readOwnPath(text: string, origin: string): string {
  // The first character after the slash decides; URL drops tabs and line breaks before it looks.
  if (!text.startsWith('/') || /[\\\p{Cc}]/u.test(text) || !URL.canParse(text, origin)) return '/';
  const { origin: target, pathname, search, hash } = new URL(text, origin);
  return target === origin && !pathname.startsWith('//') ? `${pathname}${search}${hash}` : '/';
}
