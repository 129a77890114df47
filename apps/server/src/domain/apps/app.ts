/** What an app is to those who visit it, and when its process is to end. Pure. */
import type { Failed } from '../runs/failure-reason.ts';
import { explainFailed } from '../runs/failure-reason.ts';
import { variablesOfDashboard } from '../attempts/artifacts.ts';
import { getIdleTimeoutSeconds, type JobDefinition } from '../jobs/job-definition.ts';

/** Without a visitor for so long, an app that declares nothing is stopped. */
const defaultIdleSeconds = 30 * 60;
/** An app that has not answered by then has failed: a first import of heavy libraries takes half of it on a slow machine. */
export const listenWithinSeconds = 180;

const firstPauseSeconds = 5;
const longestPauseSeconds = 5 * 60;
const longestSlug = 40;
const idEndLength = 12;

/** Seconds without a visitor after which an app is stopped; null: never. A declared 0 is never. */
export function idleSecondsOf(definition: Pick<JobDefinition, 'entry_point' | 'execute'>): number | null {
  const declared = getIdleTimeoutSeconds(definition);
  if (declared === null) return defaultIdleSeconds;
  return declared > 0 ? declared : null;
}

/**
 * The first label of an app's host name: what the job is called, for people, and the end of its id, which names it. Stays as it is for as
 * long as the job is there, and is at most 53 characters (RFC 1035 allows 63).
 */
export function labelOfApp({ jobRef, jobId }: { jobRef: string; jobId: string }): string {
  const slug = (jobRef.split('.').at(-1) ?? '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, longestSlug)
    .replaceAll(/^-+|-+$/g, '');
  return `${slug === '' ? 'app' : slug}-${jobId.slice(-idEndLength)}`;
}

/** The end of the id in a label; null for what is no label of an app. */
export function readIdEnd(label: string): string | null {
  return /^[a-z0-9][a-z0-9-]*-([0-9a-f]{12})$/.exec(label)?.[1] ?? null;
}

/**
 * Variables that the launcher of an app reads where the workspace sets none of the name. marimo's pages ask a content network for their
 * scripts unless they are told not to: they come from the app then, also where there is no way out.
 * @param documents the files of the configuration that the app reads, parsed
 */
export function variablesOfApp(
  { entry_point: { module, launcher } }: Pick<JobDefinition, 'entry_point'>,
  documents: readonly unknown[],
): Record<string, string> {
  if (launcher.endsWith('.dashboard')) return variablesOfDashboard(documents);
  if (!launcher.endsWith('.marimo')) return {};
  return { [`JOBS__${(module.split('.').at(-1) ?? module).toUpperCase()}__MARIMO__ASSET_URL`]: '' };
}

/** A run of the app that has not ended, as far as its state depends on it. */
interface LiveInstance {
  status: string;
  listeningAt: Date | null;
}

interface LastEnd {
  status: string;
  finishedAt: Date;
  /** Failures one after the other. */
  failureCount: number;
}

export type AppSituation<Instance> =
  | { kind: 'ready'; instance: Instance }
  | { kind: 'starting'; instance: Instance }
  /** Until it is started again, so that people see why it failed: once its time has come, the next visit does. */
  | { kind: 'failed'; retryAt: Date }
  | { kind: 'stopped' };

/**
 * How an app is, from its runs.
 * @param instances those that have not ended, newest first
 * @param end of the newest run, where it has ended
 */
export function judgeApp<Instance extends LiveInstance>(
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

/** Why the last run of an app ended, as lists and pages of runs say it too. */
export function describeAppEnd(end: Failed): string {
  return explainFailed(end)?.summary ?? 'It ended by itself.';
}

/** When an app that has failed may be started again by a visitor: later after each failure. Null where it did not fail. */
function findRetryAt({ status, finishedAt, failureCount }: LastEnd): Date | null {
  if (status !== 'failed') return null;
  const pauseSeconds = Math.min(longestPauseSeconds, firstPauseSeconds * 2 ** Math.max(0, failureCount - 1));
  return new Date(finishedAt.getTime() + pauseSeconds * 1000);
}

/** The line in the log of an app that is stopped for another one. */
export function describeRoomEnd(unusedSeconds: number): string {
  return `The app is stopped to make room for another app: it has been idle for ${Math.floor(unusedSeconds)} s. The next visit starts it again.`;
}

/** Why the server stopped an app that is stopped now, for people; null where it did not. */
export function describeStop(endIntent: string | null): string | null {
  if (endIntent === 'room') return 'It was idle, and another app needed its slot.';
  return endIntent === 'idle' ? 'It was idle for longer than its idle time.' : null;
}

/** What is known of a running app when it is looked at. */
export interface AppAges {
  /** Since its code began; null before. */
  begunSeconds: number | null;
  /** Since it first answered; null before. */
  listeningSeconds: number | null;
  unusedSeconds: number;
  idleSeconds: number | null;
  /** A newer run of the job answers. */
  isReplaced: boolean;
}

/** Why a running app is to end now; null: it is not. */
export function decideAppEnd(ages: AppAges): 'idle' | 'replaced' | 'silent' | null {
  if (ages.isReplaced) return 'replaced';
  if (ages.listeningSeconds === null)
    return ages.begunSeconds !== null && ages.begunSeconds > listenWithinSeconds ? 'silent' : null;
  return ages.idleSeconds !== null && ages.unusedSeconds > ages.idleSeconds ? 'idle' : null;
}
