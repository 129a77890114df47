import type { AppResponse } from '@pumphouse/contract';
import { archivedText } from './app-texts.ts';
import { whyNotCancel } from '../runs/run-rules.ts';

/** Why the app cannot be started, regardless of the user's role; null if it can. */
export function whyNotStart({ is_archived: isArchived }: Pick<AppResponse, 'is_archived'>): string | null {
  return isArchived ? archivedText : null;
}

/** Why the app cannot be stopped, regardless of the user's role; null if it can. */
export function whyNotStop({ job_run: run }: Pick<AppResponse, 'job_run'>): string | null {
  return run === null ? 'The app is not running.' : whyNotCancel(run.status);
}
