import type { Derived } from './derive-occurrences.ts';

/**
 * Jobs whose incidents cannot be written now, because another transaction holds their rows. What concerns them
 * waits for the next iteration, in its order; everything else goes on.
 */
export interface HeldJobs {
  has(jobId: string | null): boolean;
  /**
   * Reports whether an event has to wait: it would write an incident of a held job, or it follows a waiting event
   * about the same subject. Call it for all events in their order.
   */
  postpones(derived: Derived): boolean;
}

/** @param jobIds the jobs whose rows are held */
export function createHeldJobs(jobIds: ReadonlySet<string>): HeldJobs {
  const waitingSubjects = new Set<string>();
  const has = (jobId: string | null) => jobId !== null && jobIds.has(jobId);
  return {
    has,
    postpones({ occurrences, resolutions }) {
      const subjects = [...occurrences, ...resolutions].map(({ subject }) => subject);
      const isHeld = occurrences.some(({ jobId }) => has(jobId));
      if (!isHeld && !subjects.some((subject) => waitingSubjects.has(subject))) return false;
      for (const subject of subjects) waitingSubjects.add(subject);
      return true;
    },
  };
}
