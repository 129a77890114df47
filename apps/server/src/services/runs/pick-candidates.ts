import type { Candidate } from './start-request.ts';
import type { FailedStart } from './start-refusals.ts';
import type { JobRecord } from '../../store/records.ts';
import {
  matchTriggers,
  pickTrigger,
  pickTriggerByRef,
  resolveRequestedTrigger,
} from '../../domain/jobs/selectors.ts';

/**
 * Picks the jobs that a call names by id, and those with a trigger that one of its selectors matches. A job with an
 * input runs by its manual trigger if it has one: what was loaded without the input does not stand in for it.
 * @returns also the ids without a job
 */
export function pickCandidates(
  jobs: readonly JobRecord[],
  request: { jobIds: readonly string[]; selectors: readonly string[]; input?: string | null },
) {
  const named = new Set(request.jobIds);
  const known = new Set(jobs.map((job) => job.id));
  const unknown = request.jobIds
    .filter((id) => !known.has(id))
    .map((id): FailedStart => ({
      ref: id,
      code: 'not_found',
      detail: 'There is no job with this id in the workspace.',
    }));
  const hasInput = (request.input ?? null) !== null;
  const candidates: Candidate[] = [];
  for (const job of jobs) {
    const { definition } = job;
    const matched = job.isArchived ? [] : matchTriggers(definition, request.selectors);
    if (named.has(job.id)) {
      const manual = hasInput ? resolveRequestedTrigger(definition, 'manual') : null;
      const own = manual ?? pickTriggerByRef(definition);
      const matchedTriggers = [...new Set([own, ...matched])];
      candidates.push({
        job,
        trigger: manual ?? pickTrigger(definition, matchedTriggers) ?? own,
        matchedTriggers,
      });
    } else {
      const trigger = pickTrigger(definition, matched);
      if (trigger) candidates.push({ job, trigger, matchedTriggers: matched });
    }
  }
  return { candidates, unknown };
}
