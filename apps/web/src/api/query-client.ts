import { ApiError } from '@pumphouse/client';
import { QueryCache, QueryClient, MutationCache } from '@tanstack/react-query';
import { signInHere } from '../session/sign-in.ts';
import { isDown, noteAnswer } from '../live/live-state.ts';
import { SignedOutError } from '../session/session.ts';

const freshForMs = 30_000;
/** Polling interval while the event stream is down. */
const withoutStreamMs = 15_000;

/**
 * Redirects to the sign-in pages if the session has ended. After sign-in the user returns to the same page.
 */
export function leaveWhenSignedOut(error: unknown): void {
  if (error instanceof SignedOutError || (error instanceof ApiError && error.status === 401)) {
    signInHere();
  }
}

/** Errors that a retry cannot fix are shown immediately. */
function isWorthAnotherTry(failures: number, error: unknown): boolean {
  if (error instanceof SignedOutError) return false;
  const isFinal = error instanceof ApiError && error.status < 500 && error.status !== 429;
  return !isFinal && failures < 2;
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: leaveWhenSignedOut, onSuccess: noteAnswer }),
  mutationCache: new MutationCache({ onError: leaveWhenSignedOut }),
  defaultOptions: {
    queries: {
      staleTime: freshForMs,
      retry: isWorthAnotherTry,
      refetchInterval: () => (isDown() ? withoutStreamMs : false),
    },
  },
});
