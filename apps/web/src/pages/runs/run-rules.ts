import { isTerminalRunState } from '@pumphouse/contract';

/** Why a run cannot be cancelled, whoever asks; null when it can. */
export function whyNotCancel(status: string): string | null {
  if (status === 'cancelling') return 'It is being cancelled.';
  return isTerminalRunState(status) ? 'It has ended.' : null;
}
