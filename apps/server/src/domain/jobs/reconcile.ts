import { isScheduled, type JobDefinition, toCanonicalJson } from './job-definition.ts';

/** A job of the workspace as stored, archived ones included. */
export interface StoredJob {
  definition: JobDefinition;
  isArchived: boolean;
  /** The module that owns the job: a later deployment of it without the job archives it. Null belongs to none. */
  deploymentModule: string | null;
}

export type ReconcileOutcome = 'created' | 'updated' | 'archived' | 'unchanged';

export interface ReconcileDecision {
  ref: string;
  outcome: ReconcileOutcome;
  /** The definition from now on; for an archived job the one it had. */
  definition: JobDefinition;
  /** Owner from now on. It can change while the definition does not. */
  deploymentModule: string | null;
  /** The job had a schedule and has none any more: a pause of it ends. */
  losesSchedule: boolean;
}

const OUTCOME_ORDER: readonly ReconcileOutcome[] = ['created', 'updated', 'archived', 'unchanged'];

/**
 * What a deployment makes of a workspace's jobs, created before updated before archived before unchanged.
 * A job is unchanged when its definition is equal but for the order of keys and it is not archived; one that comes back
 * from the archive is updated. Jobs that the module owns and no longer has are archived.
 * @param module the deployed module; null (ad hoc) adds and updates only, and takes no job from its owner
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
