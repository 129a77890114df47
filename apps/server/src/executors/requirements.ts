/** Checks the requirements of an environment. */
import { EnvironmentBuildError } from './contract/environment-builder.ts';

/**
 * Their licence forbids running them in a service like this one; callers remove them before they request an
 * environment.
 */
const FORBIDDEN_PROJECTS = new Set(['dlthub', 'dlthub-init', 'dlthub-start']);

/**
 * Checks lines before they are written to a requirements file, where a line could also be an option or
 * reference another file.
 * @throws EnvironmentBuildError requirements_failed for an invalid PEP 508 requirement
 * @throws Error for a project that must never be installed: the caller failed to remove it
 */
export function checkRequirements(requirements: string[]): void {
  for (const line of requirements) {
    const name = /^[A-Za-z0-9][A-Za-z0-9._-]*/.exec(line)?.[0];
    // A name followed by ":" or "/" would be a URL or a path.
    if (name === undefined || /[\r\n\0\\]/.test(line) || /^[:/]/.test(line.slice(name.length))) {
      throw new EnvironmentBuildError(
        'requirements_failed',
        `"${line.slice(0, 200)}" is not a requirement: it must begin with the name of a project.`,
      );
    }
    if (FORBIDDEN_PROJECTS.has(normalizeProjectName(name))) {
      throw new Error(`The project ${name} must never be installed into an environment.`);
    }
  }
}

/** PEP 503. */
function normalizeProjectName(name: string): string {
  return name.replace(/[-_.]+/g, '-').toLowerCase();
}
