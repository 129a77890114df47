import { asObject, type alertRuleRequest } from '@pumphouse/contract';
import { z } from 'zod';
import type { Ids } from './ids.ts';

/** The lists of a scope in a request. */
type RequestScope = Pick<
  ReturnType<typeof alertRuleRequest.shape.scope.unwrap>['shape'],
  'job_patterns' | 'tags' | 'pipeline_names'
>;

/** Creates the schema of the jobs and pipelines of an alert rule or an event subscription in the file. */
export const createScopeSchema = ({ job_patterns, tags, pipeline_names }: RequestScope) =>
  z.strictObject({
    jobs: z.array(z.string()).optional().describe('Refs of jobs of the workspace, such as jobs.shop.load'),
    job_patterns: job_patterns.unwrap().optional().describe('Patterns of job refs, such as jobs.sales.*'),
    tags: tags.unwrap().optional(),
    pipelines: pipeline_names.unwrap().optional().describe('Names of pipelines'),
  });

interface ServerScope {
  job_ids: readonly string[];
  job_patterns: readonly string[];
  tags: readonly string[];
  pipeline_names: readonly string[];
}

/** Converts a scope of the server to that of a file, with refs instead of ids of jobs. */
export function describeScope(scope: ServerScope, ids: Ids): object {
  return {
    jobs: scope.job_ids.map((id) => ids.nameOf('job', id) ?? id),
    job_patterns: scope.job_patterns,
    tags: scope.tags,
    pipelines: scope.pipeline_names,
  };
}

/**
 * Converts a scope of the file to that of a request.
 * @throws CommandError unknown_reference
 */
export function createScopeBody(given: unknown, ids: Ids, workspacePath: readonly string[]): object {
  const { jobs, pipelines, ...others } = asObject(given);
  const refs = Array.isArray(jobs) ? jobs.map(String) : [];
  return {
    ...others,
    job_ids: refs.map((ref) => ids.get('job', [...workspacePath, ref])),
    pipeline_names: pipelines ?? [],
  };
}
