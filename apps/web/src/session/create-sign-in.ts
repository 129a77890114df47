import { createPendingSignIns, readOwnPath, type PendingSignIn } from './pending-sign-ins.ts';

/** Browser and server functions that sign-in depends on. */
interface SignInHost {
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  /** Origin of this page, such as `https://pumphouse.example.com`. */
  origin: string;
  /** Requests the URL of the sign-in pages from the server. */
  requestAddress(pending: Pick<PendingSignIn, 'state' | 'verifier'>): Promise<string>;
  leaveFor(address: string): void;
}

/** Response of the sign-in pages. */
type SignInAnswer =
  /** This tab did not request it. Accepting it would sign the user in as the author of a forged link. */
  | { kind: 'unknown' }
  /** The request had expired; the tab navigates to the sign-in pages again. */
  | { kind: 'again' }
  | { kind: 'code'; code: string; verifier: string; returnTo: string };

/** Creates functions that navigate to the sign-in pages and read their responses. */
export function createSignIn(host: SignInHost) {
  const pendingSignIns = createPendingSignIns(host.storage);
  let leaving: Promise<void> | null = null;

  async function leave(returnTo: string, isRetry: boolean): Promise<void> {
    const pending = { state: randomText(), verifier: randomText(), returnTo, isRetry };
    const address = await host.requestAddress(pending);
    pendingSignIns.add(pending);
    host.leaveFor(address);
  }

  /**
   * Several queries may notice the end of a session at about the same time. The first call decides the return
   * URL: a second request would replace its state, and the response to the first would lead to the start
   * page.
   */
  function goToSignIn(returnTo: string, isRetry = false): Promise<void> {
    leaving ??= leave(readOwnPath(returnTo, host.origin), isRetry).catch((error: unknown) => {
      leaving = null;
      throw error;
    });
    return leaving;
  }

  return {
    goToSignIn: (returnTo: string) => goToSignIn(returnTo),

    /** The page was restored from the back/forward cache. */
    returnToPage(): void {
      leaving = null;
    },

    /** @throws Error if the sign-in was declined or expired twice in a row */
    async readAnswer(query: URLSearchParams): Promise<SignInAnswer> {
      if (query.get('error') === 'request_expired') {
        const newest = pendingSignIns.takeNewest();
        if (newest === null) return { kind: 'unknown' };
        if (newest.isRetry) throw new Error('The sign-in expired. Sign in again.');
        await goToSignIn(newest.returnTo, true);
        return { kind: 'again' };
      }
      const pending = pendingSignIns.take(query.get('state'));
      if (pending === null) return { kind: 'unknown' };
      const code = query.get('code');
      if (code === null) throw new Error('The sign-in was declined. Sign in again.');
      const { verifier, returnTo } = pending;
      return { kind: 'code', code, verifier, returnTo: readOwnPath(returnTo, host.origin) };
    },
  };
}

function randomText(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
}

/** RFC 4648, section 5, without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
