import type { AppResponse } from '@pumphouse/contract';
import type { StateAppearance } from '../../ui/run-states.ts';
import { formatDuration, formatRelative, formatShortInstant } from '../../ui/format.ts';

export type AppKind = 'notebook' | 'dashboard' | 'mcp' | 'page' | 'http';

const kindLabels: Record<AppKind, string> = {
  notebook: 'Notebook',
  dashboard: 'Dashboard',
  mcp: 'MCP server',
  page: 'Web page',
  http: 'HTTP',
};

/** Type of an app from the visitor's view: the interface takes precedence over the declared category. */
export function kindOf({ interface: met, category }: Pick<AppResponse, 'interface' | 'category'>): AppKind {
  if (met === 'mcp') return 'mcp';
  if (category === 'notebook') return 'notebook';
  if (category === 'dashboard') return 'dashboard';
  return met === 'gui' ? 'page' : 'http';
}

export const describeKind = (app: Pick<AppResponse, 'interface' | 'category'>) => kindLabels[kindOf(app)];

const stateLooks: Record<string, StateAppearance> = {
  ready: { word: 'Ready', glyph: '●', colour: 'completed' },
  starting: { word: 'Starting', glyph: '◔', colour: 'running' },
  failed: { word: 'Failed', glyph: '✕', colour: 'failed' },
  stopped: { word: 'Stopped', glyph: '○', colour: 'cancelled' },
};

/** State of an app as displayed. */
export interface AppStatus {
  look: StateAppearance;
  /** Why it failed, was stopped or waits; null without a reason. */
  reason: string | null;
  /** Text after the state and the reason; may be empty. */
  text: string;
}

export const archivedText = 'The job is archived, so the app does not start.';

type ShownApp = Pick<AppResponse, 'state' | 'failure' | 'stop_reason' | 'job_run' | 'is_archived'>;

/** @param app may have a state of a newer server that this console does not know */
export function describeAppStatus(app: ShownApp, now: Date): AppStatus {
  const { state, failure, job_run: run, is_archived: isArchived } = app;
  const look = stateLooks[state] ?? { word: state, glyph: '?', colour: 'cancelled' };
  if (state === 'ready' && run?.listening_since != null)
    return { look, reason: null, text: `since ${formatShortInstant(new Date(run.listening_since), now)}` };
  if (state === 'starting' && run !== null)
    return { look, reason: run.wait_reason, text: describeWait(run, now) };
  if (state === 'failed' && failure !== null) {
    const text = isArchived ? archivedText : describeRetry(new Date(failure.retry_at), now);
    return { look, reason: failure.detail, text };
  }
  const startText = isArchived ? archivedText : 'Starts on the next visit.';
  return { look, reason: app.stop_reason, text: state === 'stopped' ? startText : '' };
}

function describeWait({ created_at: at }: { created_at: string }, now: Date): string {
  const seconds = Math.floor((now.getTime() - new Date(at).getTime()) / 1000);
  return `for ${formatDuration(Math.max(0, seconds))}`;
}

/** The retry time causes no event; the text changes with the page's clock. */
function describeRetry(retryAt: Date, now: Date): string {
  if (retryAt.getTime() <= now.getTime()) return 'Restarts on the next visit.';
  return `Retry ${formatRelative(retryAt, now)}`;
}

/** Time without use after which the app stops. */
export function describeIdle(seconds: number | null): string {
  return seconds === null ? 'none' : formatDuration(seconds);
}

type Link = AppResponse['public_link'];

/** The public link if it has not expired. Its expiry causes no event. */
export function currentLink(link: Link, nowMs: number): Link {
  const isOver = link?.expires_at != null && new Date(link.expires_at).getTime() <= nowMs;
  return isOver ? null : link;
}

/** Expiry and password requirement of a public link. */
export function describeLink(link: NonNullable<Link>, now: Date): string {
  const until =
    link.expires_at === null
      ? 'does not expire'
      : `expires ${formatShortInstant(new Date(link.expires_at), now)}`;
  return link.has_password ? `${until}, password required` : until;
}

export const fallbackText =
  'The configuration has no access profile, so this app runs with the profile of batch jobs.';
