import { isPlainObject } from '../primitives/plain-object.ts';

/**
 * Artifacts: the files that dlt keeps about the last run of a pipeline (its trace, state and schemas), for
 * the workspace dashboard. Runs write them and apps read a copy; the server never reads them. Pure functions.
 */

/** The artifacts folder in the local data of one profile. Hidden, because user code did not put it there. */
export const artifactsFolder = '.artifacts';

/** What an attempt does with artifacts. */
export interface ArtifactsUse {
  use: 'send' | 'sync';
  folder: string;
}

interface OwnSettings {
  /** The parsed configuration files that a run of the profile reads. */
  documents: readonly unknown[];
  variableNames: readonly string[];
}

/**
 * Decides what an attempt does with artifacts: batch runs send them, apps fetch them. Null if the workspace
 * configures artifacts itself: dlt reads variables before files, so the server's variables would override its
 * files.
 */
export function decideArtifacts(
  jobType: string,
  { documents, variableNames }: OwnSettings,
): ArtifactsUse | null {
  const use = jobType === 'interactive' ? 'sync' : 'send';
  const isOwn =
    variableNames.some((name) => name.startsWith('ARTIFACTS__')) ||
    documents.some((document) => has(document, 'artifacts') || has(document, use, 'artifacts'));
  return isOwn ? null : { use, folder: artifactsFolder };
}

/**
 * Returns additional variables for the built-in dashboard, which make it fetch artifacts; none if a file
 * decides that.
 */
export function variablesOfDashboard(documents: readonly unknown[]): Record<string, string> {
  const isOwn = documents.some((document) => has(document, 'dashboard', 'sync_from_runtime'));
  return isOwn ? {} : { DASHBOARD__SYNC_FROM_RUNTIME: 'true' };
}

function has(document: unknown, ...path: string[]): boolean {
  const [key, ...rest] = path;
  if (key === undefined) return true;
  return isPlainObject(document) && key in document ? has(document[key], ...rest) : false;
}
