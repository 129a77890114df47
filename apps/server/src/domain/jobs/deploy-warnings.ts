import { asObject, listAttributesWithoutEffect, type AttributeWithoutEffect } from '@pumphouse/contract';
import type { JobDefinition } from './job-definition.ts';

const maxNamedJobs = 3;

/**
 * Lists the warnings that the client prints after a deploy: one sentence for each attribute value that has no
 * effect, with the jobs that declare it.
 */
export function listDeployWarnings(definitions: readonly JobDefinition[]): string[] {
  const byText = new Map<string, { found: AttributeWithoutEffect; refs: string[] }>();
  for (const definition of definitions) {
    for (const found of listAttributesWithoutEffect(definition)) {
      const key = `${found.attribute} ${found.value}`;
      const entry = byText.get(key) ?? { found, refs: [] };
      entry.refs.push(definition.job_ref);
      byText.set(key, entry);
    }
  }
  return [...byText.values()].map(({ found, refs }) => describe(found, refs));
}

/** Lists what older clients declare under a former name. It has its effect, unlike an attribute without one. */
export function listFormerNames(jobs: readonly unknown[]): string[] {
  const refs = new Map<string, unknown[]>();
  for (const job of jobs) {
    const { engine_version: version, job_ref: ref, require } = asObject(job);
    const { machine } = asObject(require);
    if (version !== 1 || machine === undefined) continue;
    const text = `require.machine = ${JSON.stringify(machine)}`;
    refs.set(text, [...(refs.get(text) ?? []), ref]);
  }
  return [...refs].map(
    ([text, named]) =>
      `${text} is a former name of require={"instance": {"size": ...}} (${named.join(', ')}).`,
  );
}

/** @param code the latest version of the code; undefined if none is uploaded yet */
export function listTagWarnings(code: { version: number; tagsProblem: string | null } | undefined): string[] {
  if (!code || code.tagsProblem === null) return [];
  const subject = `__tags__ of __deployment__.py in code v${code.version} has no effect`;
  return [`${subject}: ${code.tagsProblem}. Write it as __tags__ = ["one", "two"].`];
}

/** @param ofCode the description in `__deployment__.py`; null or undefined without one */
export function listDescriptionWarnings(
  { description, keepsDescription }: { description: string | null; keepsDescription: boolean },
  ofCode: string | null | undefined,
): string[] {
  if (!keepsDescription || !ofCode || ofCode === description) return [];
  return [
    'The description in __deployment__.py is not used: the workspace keeps the one that a user or "pumphouse apply" wrote. Remove that one to use it.',
  ];
}

function describe({ attribute, value, reason }: AttributeWithoutEffect, refs: readonly string[]): string {
  const named = refs.slice(0, maxNamedJobs).join(', ');
  const rest = refs.length > maxNamedJobs ? ` and ${refs.length - maxNamedJobs} more` : '';
  return `${attribute} = ${value} has no effect on this server: ${reason} (${named}${rest}).`;
}
