import { isTerminalRunState } from '@pumphouse/contract';

/** Why the run cannot be cancelled, regardless of the user's role; null if it can. */
export function whyNotCancel(status: string): string | null {
  if (status === 'cancelling') return 'The run is already being cancelled.';
  return isTerminalRunState(status) ? 'The run has ended.' : null;
}
