import type { Authorize } from '../people/authorize.ts';
import type { ChangeFeed } from './change-feed.ts';
import type { LiveMessage, StreamEnd } from './coalescing-queue.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../../store/store.ts';
import type { Principal, UserPrincipal } from '../sign-in/principal.ts';
import type { ReadLogLines } from '../logs/read-log-lines.ts';
import type { StreamSlotOptions } from './stream-slots.ts';
import {
  changeOfAnything,
  gatherChanges,
  type WorkspaceChange,
} from '../../domain/workspaces/workspace-change.ts';
import { createCoalescingQueue } from './coalescing-queue.ts';
import { createAddLogLines } from './add-log-lines.ts';
import { createStreamSlots } from './stream-slots.ts';
import { ServiceError } from '../../platform/service-error.ts';

export interface FollowEventsDependencies {
  persistence: Persistence<'changes' | 'jobRuns'>;
  authorize: Authorize;
  feed: ChangeFeed;
  readLogLines: ReadLogLines;
  log: Logger;
  slots?: StreamSlotOptions;
  /** How often to check that the caller still has access. */
  checkMs?: number;
  idleAfterMs?: number;
}

/** The subscriptions of one stream. */
export interface FollowedScopes {
  workspaceIds: readonly string[];
  logs: readonly { workspaceId: string; jobRunId: string }[];
  /** Whether messages of logs contain the lines that were added. */
  withLogLines: boolean;
  /** Changes after this position are sent first; null for those from now on. */
  since: string | null;
}

export interface FollowEventsOptions {
  principal: UserPrincipal;
  /**
   * Validates the caller's credential again.
   * @throws ServiceError not_authenticated
   */
  authenticate: () => Promise<Principal>;
  /** Aborted when the client disconnects. */
  signal: AbortSignal;
}

/** Beyond this, anything may have changed. */
const maxMissed = 2000;

export type FollowEvents = ReturnType<typeof createFollowEvents>;

export function createFollowEvents({
  persistence,
  authorize,
  feed,
  readLogLines,
  log,
  slots = {},
  checkMs = 30_000,
  idleAfterMs = 15_000,
}: FollowEventsDependencies) {
  const addLogLines = createAddLogLines(readLogLines, log);
  const takeSlot = createStreamSlots(slots);

  async function checkAccess(principal: Principal, { workspaceIds, logs }: FollowedScopes): Promise<void> {
    for (const workspaceId of workspaceIds) await authorize(principal, 'job-run.read', { workspaceId });
    for (const workspaceId of new Set(logs.map((each) => each.workspaceId)))
      await authorize(principal, 'log.read', { workspaceId });
  }

  async function checkLogs({ logs }: FollowedScopes): Promise<void> {
    for (const { workspaceId, jobRunId } of logs) {
      if (await persistence.store.jobRuns.get(workspaceId, jobRunId)) continue;
      throw new ServiceError('not_found', `There is no job run ${jobRunId}.`);
    }
  }

  /**
   * Lists the changes since the caller's position. It is called after the feed includes the follower, so that
   * each later change is in the feed.
   */
  async function listMissed({ workspaceIds, since }: FollowedScopes): Promise<WorkspaceChange[]> {
    if (since === null) return [];
    try {
      const position = { snapshot: since };
      const { changes } = await persistence.store.changes.listSince(position, workspaceIds, maxMissed);
      if (changes.length <= maxMissed) return gatherChanges(changes);
    } catch (error) {
      log.warn({ err: error }, 'the changes since the position of a caller were not read');
    }
    return workspaceIds.map(changeOfAnything);
  }

  function toEnd(error: unknown): StreamEnd {
    const code = error instanceof ServiceError ? error.code : null;
    if (code === 'not_authenticated' && error instanceof ServiceError)
      return { reason: code, detail: error.message };
    if (code === 'not_found' || code === 'forbidden')
      return {
        reason: 'no_access',
        detail: 'You no longer have access to something that this stream follows.',
      };
    log.error({ err: error }, 'a stream of events failed');
    return { reason: 'failed', detail: 'The server failed. Connect again in a moment.' };
  }

  /**
   * Checks access to all requested workspaces and logs, then streams their changes. While the caller does not
   * read, only the fact that something changed is kept.
   * @throws ServiceError not_found, forbidden, too_many_streams
   */
  return async function followEvents(
    scopes: FollowedScopes,
    { principal, authenticate, signal }: FollowEventsOptions,
  ): Promise<AsyncGenerator<LiveMessage>> {
    await checkAccess(principal, scopes);
    await checkLogs(scopes);
    const release = takeSlot(principal.userId);
    const queue = createCoalescingQueue();
    const following = feed.follow({
      workspaceIds: [...new Set(scopes.workspaceIds)],
      jobRunIds: [...new Set(scopes.logs.map((each) => each.jobRunId))],
      onChange: queue.putChange,
      onLog: queue.putLog,
    });
    const open = async () => {
      await following.joined;
      for (const change of await listMissed(scopes)) queue.putChange(change);
      queue.open();
    };
    void open();
    // Independent of reads, so that callers who do not read are checked too.
    const check = setInterval(() => {
      void authenticate()
        .then((again) => checkAccess(again, scopes))
        .catch((error: unknown) => queue.end(toEnd(error)));
    }, checkMs);
    const stop = () => {
      clearInterval(check);
      following.end();
      release();
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const messages = queue.read({ idleAfterMs, signal });
    return scopes.withLogLines ? addLogLines(messages, scopes.logs) : messages;
  };
}
