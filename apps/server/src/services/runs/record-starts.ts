import type { Store } from '../../store/store.ts';
import type { TriggerResult } from './start-request.ts';
import { recordChange } from '../audit/audit.ts';

/** Maximum number of listed names; the total is always recorded. A call may start all jobs of a workspace. */
const maxNamed = 100;

/** Records, once for a call, which runs it started, and which jobs it deferred until others complete. */
export async function recordStarts(
  store: Pick<Store, 'auditLog'>,
  workspaceId: string,
  { succeeded, skipped }: TriggerResult,
): Promise<void> {
  const started = succeeded.flatMap(({ run, job, trigger }) => (run ? [{ run, job, trigger }] : []));
  const deferred = skipped.filter(({ status }) => status === 'skipped_upstream_pending');
  const [first] = started;
  if (!first && deferred.length === 0) return;
  const isOne = first && started.length === 1;
  await recordChange(store, {
    workspaceId,
    action: 'job-run.start',
    target: {
      kind: 'job-run',
      id: isOne ? first.run.id : null,
      name: isOne ? `${first.job.jobRef} #${first.run.number}` : null,
    },
    before: null,
    after: {
      run_count: started.length,
      runs: started.slice(0, maxNamed).map(({ run, job, trigger }) => ({
        id: run.id,
        job: job.jobRef,
        trigger,
        profile: run.profile,
        refresh: run.refresh,
      })),
      ...(deferred.length > 0 && { promised_jobs: nameSome(deferred.map(({ job }) => job.jobRef)) }),
    },
  });
}

/** Limits names to the maximum of an audit entry. */
export function nameSome(names: readonly string[]): string[] {
  return names.slice(0, maxNamed);
}
