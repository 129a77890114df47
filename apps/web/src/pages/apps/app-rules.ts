import type { AppResponse } from '@pumphouse/contract';
import { archivedWords } from './app-words.ts';
import { whyNotCancel } from '../runs/run-rules.ts';

/** Why an app cannot be started now, whoever asks; null when it can. */
export function whyNotStart({ is_archived: isArchived }: Pick<AppResponse, 'is_archived'>): string | null {
  return isArchived ? archivedWords : null;
}

/** Why an app cannot be stopped now, whoever asks; null when it can. */
export function whyNotStop({ job_run: run }: Pick<AppResponse, 'job_run'>): string | null {
  return run === null ? 'It does not run.' : whyNotCancel(run.status);
}
