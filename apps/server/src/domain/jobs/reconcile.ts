import { isScheduled, type JobDefinition, toCanonicalJson } from './job-definition.ts';

/** A job of the workspace as stored; includes archived jobs. */
export interface StoredJob {
  definition: JobDefinition;
  isArchived: boolean;
  /** The module that owns the job: its next deployment without the job archives the job. Null: no owner. */
  deploymentModule: string | null;
}

export type ReconcileOutcome = 'created' | 'updated' | 'archived' | 'unchanged';

export interface ReconcileDecision {
  ref: string;
  outcome: ReconcileOutcome;
  /** The new definition; for an archived job, the previous one. */
  definition: JobDefinition;
  /** The new owner. It can change while the definition does not. */
  deploymentModule: string | null;
  /** The job no longer has a schedule, so a pause of it ends. */
  losesSchedule: boolean;
}

const OUTCOME_ORDER: readonly ReconcileOutcome[] = ['created', 'updated', 'archived', 'unchanged'];

/**
 * Decides what a deployment does to a workspace's jobs; the result lists created, updated, archived, then
 * unchanged jobs. A job is unchanged if it is not archived and its definition is equal apart from key order.
 * A job restored from the archive is updated. Jobs that the module owns and no longer contains are archived.
 * @param module the deployed module; null (ad hoc) only creates and updates, and does not change the owner of
 * a job
 */
export function reconcileJobs(
  stored: readonly StoredJob[],
  incoming: readonly JobDefinition[],
  module: string | null,
): ReconcileDecision[] {
  const byRef = new Map(stored.map((job) => [job.definition.job_ref, job]));
  const kept = new Set(incoming.map((definition) => definition.job_ref));
  const decisions = incoming.map((definition) =>
    decideIncoming(definition, byRef.get(definition.job_ref) ?? null, module),
  );
  for (const job of stored) {
    const isAbsent = !kept.has(job.definition.job_ref);
    if (module !== null && job.deploymentModule === module && isAbsent && !job.isArchived) {
      decisions.push(archive(job));
    }
  }
  return decisions.toSorted((a, b) => OUTCOME_ORDER.indexOf(a.outcome) - OUTCOME_ORDER.indexOf(b.outcome));
}

function decideIncoming(
  definition: JobDefinition,
  job: StoredJob | null,
  module: string | null,
): ReconcileDecision {
  const decision = {
    ref: definition.job_ref,
    definition,
    deploymentModule: module ?? job?.deploymentModule ?? null,
    losesSchedule: job !== null && losesSchedule(job.definition, definition),
  };
  if (job === null) return { ...decision, outcome: 'created' };
  const isSame = toCanonicalJson(job.definition) === toCanonicalJson(definition);
  return { ...decision, outcome: isSame && !job.isArchived ? 'unchanged' : 'updated' };
}

function archive(job: StoredJob): ReconcileDecision {
  return {
    ref: job.definition.job_ref,
    outcome: 'archived',
    definition: job.definition,
    deploymentModule: job.deploymentModule,
    losesSchedule: isScheduled(job.definition),
  };
}

function losesSchedule(before: JobDefinition, after: JobDefinition): boolean {
  return isScheduled(before) && !isScheduled(after);
}
