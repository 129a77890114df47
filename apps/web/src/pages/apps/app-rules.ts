import type { AppResponse } from '@pumphouse/contract';
import { whyNotCancel } from '../runs/run-rules.ts';

/** Why an app cannot be stopped now, whoever asks; null when it can. */
export function whyNotStop({ job_run: run }: Pick<AppResponse, 'job_run'>): string | null {
  return run === null ? 'It does not run.' : whyNotCancel(run.status);
}
