import { compileGlob } from '../jobs/selectors.ts';

/** Jobs and pipelines that a rule covers: those that match any entry. Without entries, all of the workspace. */
export interface RuleScope {
  jobIds: readonly string[];
  /** Patterns of job refs, as `fnmatch` of Python reads them. */
  jobPatterns: readonly string[];
  tags: readonly string[];
  pipelineNames: readonly string[];
}

/** What a scope is matched against. */
export interface ScopedSubject {
  jobId: string | null;
  jobRef: string | null;
  tags: readonly string[];
  pipelineNames: readonly string[];
}

export const wholeWorkspace: RuleScope = { jobIds: [], jobPatterns: [], tags: [], pipelineNames: [] };

/** Reports whether a rule with this scope covers the subject. */
export function covers(scope: RuleScope, subject: ScopedSubject): boolean {
  const { jobIds, jobPatterns, tags, pipelineNames } = scope;
  if (jobIds.length + jobPatterns.length + tags.length + pipelineNames.length === 0) return true;
  const { jobId, jobRef } = subject;
  return (
    (jobId !== null && jobIds.includes(jobId)) ||
    (jobRef !== null && jobPatterns.some((pattern) => compileGlob(pattern).test(jobRef))) ||
    subject.tags.some((tag) => tags.includes(tag)) ||
    subject.pipelineNames.some((name) => pipelineNames.includes(name))
  );
}

/** Whether two scopes have the same lists. The order of their properties does not count: jsonb has its own. */
export function isSameScope(one: RuleScope, other: RuleScope): boolean {
  const listsOf = ({ jobIds, jobPatterns, tags, pipelineNames }: RuleScope) =>
    JSON.stringify([jobIds, jobPatterns, tags, pipelineNames]);
  return listsOf(one) === listsOf(other);
}
