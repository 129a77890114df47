import type { JobDefinition } from '../../domain/jobs/job-definition.ts';
import type { JobVersionContent } from '../../store/records.ts';
import { createHash } from 'node:crypto';
import {
  getDefaultTrigger,
  getTimeoutSeconds,
  listTriggers,
  toCanonicalJson,
} from '../../domain/jobs/job-definition.ts';
import { readUpstreamRef } from '../../domain/scheduling/refresh.ts';

/** Derives the columns of a job from its definition. */
export function describeJobVersion(
  definition: JobDefinition,
  { profile, deploymentModule }: { profile: string; deploymentModule: string | null },
): JobVersionContent {
  return {
    definition,
    definitionHash: createHash('sha3-256').update(toCanonicalJson(definition)).digest('base64'),
    engineVersion: definition.engine_version,
    description: definition.description ?? null,
    profile,
    maxRunTimeSeconds: getTimeoutSeconds(definition),
    jobType: definition.entry_point.job_type,
    triggers: listTriggers(definition),
    defaultTrigger: getDefaultTrigger(definition),
    upstreamRefs: [...new Set((definition.freshness ?? []).map(readUpstreamRef))],
    deploymentModule,
  };
}
