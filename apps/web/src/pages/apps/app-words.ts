import type { AppResponse } from '@pumphouse/contract';
import type { StateLook } from '../../look/run-states.ts';
import { formatDuration, formatRelative, formatShortInstant } from '../../look/format.ts';

export type AppKind = 'notebook' | 'dashboard' | 'mcp' | 'page' | 'http';

const kindWords: Record<AppKind, string> = {
  notebook: 'Notebook',
  dashboard: 'Dashboard',
  mcp: 'MCP server',
  page: 'Web page',
  http: 'HTTP',
};

/** What an app is to whoever opens it: how it is met comes before what it calls itself. */
export function kindOf({ interface: met, category }: Pick<AppResponse, 'interface' | 'category'>): AppKind {
  if (met === 'mcp') return 'mcp';
  if (category === 'notebook') return 'notebook';
  if (category === 'dashboard') return 'dashboard';
  return met === 'gui' ? 'page' : 'http';
}

export const describeKind = (app: Pick<AppResponse, 'interface' | 'category'>) => kindWords[kindOf(app)];

const stateLooks: Record<string, StateLook> = {
  ready: { word: 'Ready', glyph: '●', colour: 'completed' },
  starting: { word: 'Starting', glyph: '◔', colour: 'running' },
  failed: { word: 'Failed', glyph: '✕', colour: 'failed' },
  stopped: { word: 'Stopped', glyph: '○', colour: 'cancelled' },
};

/** How an app is, and what comes next. */
export interface AppStanding {
  look: StateLook;
  /** Why it failed or was stopped, or what it waits for; null where there is nothing to say. */
  reason: string | null;
  /** Said after the state and the reason; empty where there is nothing to say. */
  words: string;
}

export const archivedWords = 'Its job is archived: nothing starts it.';

type StandingApp = Pick<AppResponse, 'state' | 'failure' | 'stop_reason' | 'job_run' | 'is_archived'>;

/** @param app its state may be one that a newer server gives */
export function describeStanding(app: StandingApp, now: Date): AppStanding {
  const { state, failure, job_run: run, is_archived: isArchived } = app;
  const look = stateLooks[state] ?? { word: state, glyph: '?', colour: 'cancelled' };
  if (state === 'ready' && run?.listening_since != null)
    return { look, reason: null, words: `since ${formatShortInstant(new Date(run.listening_since), now)}` };
  if (state === 'starting' && run !== null)
    return { look, reason: run.wait_reason, words: describeWait(run, now) };
  if (state === 'failed' && failure !== null) {
    const words = isArchived ? archivedWords : describeRetry(new Date(failure.retry_at), now);
    return { look, reason: failure.detail, words };
  }
  const startWords = isArchived ? archivedWords : 'The next visit starts it.';
  return { look, reason: app.stop_reason, words: state === 'stopped' ? startWords : '' };
}

function describeWait({ created_at: at }: { created_at: string }, now: Date): string {
  const seconds = Math.floor((now.getTime() - new Date(at).getTime()) / 1000);
  return `for ${formatDuration(Math.max(0, seconds))}`;
}

/** Nothing is told when the time comes: the words change by the clock of the page. */
function describeRetry(retryAt: Date, now: Date): string {
  if (retryAt.getTime() <= now.getTime()) return 'The next visit starts it again.';
  return `A visit starts it again ${formatRelative(retryAt, now)} at the soonest.`;
}

/** When it stops by itself. */
export function describeIdle(seconds: number | null): string {
  return seconds === null ? 'never by itself' : `after ${formatDuration(seconds)} unused`;
}

type Link = AppResponse['public_link'];

/** The public link while it is good: nothing is told when its time is over. */
export function currentLink(link: Link, nowMs: number): Link {
  const isOver = link?.expires_at != null && new Date(link.expires_at).getTime() <= nowMs;
  return isOver ? null : link;
}

/** What a public link asks for, and how long it is good. */
export function describeLink(link: NonNullable<Link>, now: Date): string {
  const until =
    link.expires_at === null
      ? 'until it is taken back'
      : `until ${formatShortInstant(new Date(link.expires_at), now)}`;
  return link.has_password ? `${until}, with a password` : until;
}

export const fallbackWords =
  'The configuration has no access profile: this app runs with the profile of batch runs.';
