/**
 * Artifacts: what dlt keeps of the last run of a pipeline (its trace, its state, its schemas) for the workspace dashboard. Runs write them,
 * apps read a copy; the server reads none. Pure.
 */

/** Their folder in the local data, which is that of one profile already. Hidden: it is nothing that user code has put there. */
export const artifactsFolder = '.artifacts';

/** What an attempt is to do with them. */
export interface ArtifactsUse {
  use: 'send' | 'sync';
  folder: string;
}

interface OwnSettings {
  /** The files of a configuration that a run of the profile reads, parsed. */
  documents: readonly unknown[];
  variableNames: readonly string[];
}

/**
 * Batch runs send, apps fetch; null where the workspace says itself where artifacts are. dlt reads variables before files, so that
 * ours would take the place of what a file says.
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

/** What the built-in dashboard is told beside that: to fetch them at all. Nothing where a file decides it. */
export function variablesOfDashboard(documents: readonly unknown[]): Record<string, string> {
  const isOwn = documents.some((document) => has(document, 'dashboard', 'sync_from_runtime'));
  return isOwn ? {} : { DASHBOARD__SYNC_FROM_RUNTIME: 'true' };
}

function has(document: unknown, ...path: string[]): boolean {
  const [key, ...rest] = path;
  if (key === undefined) return true;
  return typeof document === 'object' && document !== null && key in document
    ? has((document as Record<string, unknown>)[key], ...rest)
    : false;
}
