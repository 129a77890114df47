/** The situation of an app as visitors see it, and when its process must end. Pure functions. */
import type { Failed } from '../runs/failure-reason.ts';
import { explainFailed } from '../runs/failure-reason.ts';
import { variablesOfDashboard } from '../attempts/artifacts.ts';
import { getIdleTimeoutSeconds, type JobDefinition } from '../jobs/job-definition.ts';

/** An app that declares no idle time stops after this long without a visitor. */
const defaultIdleSeconds = 30 * 60;
/**
 * An app that has not answered by then has failed. A first import of heavy libraries takes half of it on a
 * slow machine.
 */
export const listenWithinSeconds = 180;

const firstPauseSeconds = 5;
const maxPauseSeconds = 5 * 60;
const maxSlugLength = 40;
const idEndLength = 12;

/**
 * Returns the seconds without a visitor after which an app stops; null means never. A declared 0 means never.
 */
export function idleSecondsOf(definition: Pick<JobDefinition, 'entry_point' | 'execute'>): number | null {
  const declared = getIdleTimeoutSeconds(definition);
  if (declared === null) return defaultIdleSeconds;
  return declared > 0 ? declared : null;
}

/**
 * Builds the first label of an app's host name: a readable slug of the job's name, then the end of the job's
 * id, which identifies it. Constant for the lifetime of the job; at most 53 characters (RFC 1035 allows 63).
 */
export function labelOfApp({ jobRef, jobId }: { jobRef: string; jobId: string }): string {
  const slug = (jobRef.split('.').at(-1) ?? '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, maxSlugLength)
    .replaceAll(/^-+|-+$/g, '');
  return `${slug === '' ? 'app' : slug}-${jobId.slice(-idEndLength)}`;
}

/** Extracts the end of the job's id from a label; null if this is not an app's label. */
export function readIdEnd(label: string): string | null {
  return /^[a-z0-9][a-z0-9-]*-([0-9a-f]{12})$/.exec(label)?.[1] ?? null;
}

/**
 * Returns variables for the launcher of an app; the workspace's own variables take precedence. marimo pages
 * load their scripts from a CDN by default; the empty asset URL makes the app serve them, which also works
 * without internet access.
 * @param documents the parsed configuration files that the app reads
 */
export function variablesOfApp(
  { entry_point: { module, launcher } }: Pick<JobDefinition, 'entry_point'>,
  documents: readonly unknown[],
): Record<string, string> {
  if (launcher.endsWith('.dashboard')) return variablesOfDashboard(documents);
  if (!launcher.endsWith('.marimo')) return {};
  return { [`JOBS__${(module.split('.').at(-1) ?? module).toUpperCase()}__MARIMO__ASSET_URL`]: '' };
}

/** A run of the app that has not ended, reduced to what its situation depends on. */
interface LiveInstance {
  status: string;
  listeningAt: Date | null;
}

interface LastEnd {
  status: string;
  finishedAt: Date;
  /** Number of consecutive failures. */
  failureCount: number;
}

export type AppSituation<Instance> =
  | { kind: 'ready'; instance: Instance }
  | { kind: 'starting'; instance: Instance }
  /**
   * Stays until the app is started again, so that users see why it failed. After `retryAt`, the next visit
   * starts it.
   */
  | { kind: 'failed'; retryAt: Date }
  | { kind: 'stopped' };

/**
 * Derives the situation of an app from its runs.
 * @param instances runs that have not ended, newest first
 * @param end the end of the newest run, if it has ended
 */
export function deriveAppSituation<Instance extends LiveInstance>(
  instances: readonly Instance[],
  end: LastEnd | null,
): AppSituation<Instance> {
  const listening = instances.find(({ status, listeningAt }) => status === 'running' && listeningAt !== null);
  if (listening) return { kind: 'ready', instance: listening };
  const coming = instances.find(({ status }) => status !== 'cancelling');
  if (coming) return { kind: 'starting', instance: coming };
  const retryAt = end && findRetryAt(end);
  return retryAt ? { kind: 'failed', retryAt } : { kind: 'stopped' };
}

/** Explains why the last run of an app ended, in the same text as run lists and run pages. */
export function describeAppEnd(end: Failed): string {
  return explainFailed(end)?.summary ?? 'It exited on its own.';
}

/**
 * Computes when a visitor may restart a failed app, with a backoff after each failure; null if it did not
 * fail.
 */
function findRetryAt({ status, finishedAt, failureCount }: LastEnd): Date | null {
  if (status !== 'failed') return null;
  const pauseSeconds = Math.min(maxPauseSeconds, firstPauseSeconds * 2 ** Math.max(0, failureCount - 1));
  return new Date(finishedAt.getTime() + pauseSeconds * 1000);
}

/** The log line of an app that is stopped to free a slot for another one. */
export function describeEviction(unusedSeconds: number): string {
  return `The app is stopped to make room for another app: it has been idle for ${Math.floor(unusedSeconds)} s. The next visit starts it again.`;
}

/** Explains to users why the server stopped an app; null if the server did not stop it. */
export function describeStop(endIntent: string | null): string | null {
  if (endIntent === 'room') return 'It was idle, and another app needed its slot.';
  return endIntent === 'idle' ? 'It was idle for longer than its idle time.' : null;
}

/** Ages of a running app. */
export interface AppAges {
  /** Since its code started; null before. */
  begunSeconds: number | null;
  /** Since it first answered; null before. */
  listeningSeconds: number | null;
  unusedSeconds: number;
  idleSeconds: number | null;
  /** A newer run of the job is listening. */
  isReplaced: boolean;
}

/** Decides why a running app must end now; null if it must not. */
export function decideAppEnd(ages: AppAges): 'idle' | 'replaced' | 'silent' | null {
  if (ages.isReplaced) return 'replaced';
  if (ages.listeningSeconds === null)
    return ages.begunSeconds !== null && ages.begunSeconds > listenWithinSeconds ? 'silent' : null;
  return ages.idleSeconds !== null && ages.unusedSeconds > ages.idleSeconds ? 'idle' : null;
}
