import type { AttemptLog } from '../logs/attempt-log.ts';
import type { ChangesSnapshot, LogExtent } from '../../store/records.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../../store/store.ts';
import type { WorkspaceChange } from '../../domain/workspaces/workspace-change.ts';
import { changeOfAnything, gatherChanges } from '../../domain/workspaces/workspace-change.ts';
import { createWakeUpSignal } from './wake-up-signal.ts';

export interface ChangeFeedDependencies {
  persistence: Persistence<'attempts' | 'changes'>;
  attemptLog: AttemptLog;
  log: Logger;
}

/** A subscriber and its subscriptions. The callbacks must return at once. */
export interface Follower {
  workspaceIds: readonly string[];
  jobRunIds: readonly string[];
  onChange: (change: WorkspaceChange) => void;
  /** Called first with the current length of the log, then whenever it changes. */
  onLog: (extent: LogExtent) => void;
}

/** A registered follower. */
export interface Following {
  /** Resolves once every later commit is certain to be reported. */
  joined: Promise<void>;
  end(): void;
}

export interface ChangeFeed {
  follow(follower: Follower): Following;
}

interface FollowerEntry extends Follower {
  /** The last reported length of each log. */
  sent: Map<string, LogExtent>;
  /** Resolved after the first iteration that includes this follower. */
  joined: PromiseWithResolvers<void>;
}

/**
 * Changes without a wake-up signal are noticed after this pause: most changes by other servers except starts
 * and ends, and log lines that they stored.
 */
const pauseMs = 500;
/** Minimum pause between iterations, so that followers get at most four messages a second. */
const minPauseMs = 250;
/** Maximum number of changes in one iteration; beyond that, anything may have changed. */
const maxChanges = 2000;
/**
 * Shorter than rows of changes are kept (scheduler/changes-loop.ts): after a longer gap, some may have been
 * removed unread.
 */
const maxSilenceMs = 45_000;

/**
 * Queries the store for changes, once for all followers in this process, and not at all without followers.
 */
export function createChangeFeed({ persistence, attemptLog, log }: ChangeFeedDependencies): ChangeFeed {
  const { store } = persistence;
  const wakeUp = createWakeUpSignal();
  const followers = new Set<FollowerEntry>();
  let isRunning = false;
  let seen: ChangesSnapshot | undefined;
  let lookedAt = 0;

  async function readChanges(): Promise<void> {
    const workspaceIds = [...new Set([...followers].flatMap((each) => each.workspaceIds))];
    const startedAt = performance.now();
    const wasSilent = startedAt - lookedAt > maxSilenceMs;
    const found = await store.changes.listSince(
      (seen ??= await store.changes.seen()),
      workspaceIds,
      maxChanges,
    );
    ({ seen } = found);
    lookedAt = startedAt;
    const isUnclear = wasSilent || found.changes.length > maxChanges;
    send(isUnclear ? workspaceIds.map(changeOfAnything) : gatherChanges(found.changes));
  }

  function send(changes: readonly WorkspaceChange[]): void {
    const byWorkspace = new Map(changes.map((change) => [change.workspaceId, change]));
    for (const { workspaceIds, onChange } of followers) {
      for (const workspaceId of workspaceIds) {
        const change = byWorkspace.get(workspaceId);
        if (change) onChange(change);
      }
    }
  }

  async function readLines(): Promise<void> {
    const open = [...followers].flatMap(({ jobRunIds, sent }) =>
      jobRunIds.filter((id) => sent.get(id)?.isComplete !== true),
    );
    if (open.length === 0) return;
    const extents = await store.attempts.measureLogs([...new Set(open)]);
    const byRun = new Map(extents.map((extent) => [extent.jobRunId, extent]));
    for (const follower of followers) {
      for (const jobRunId of follower.jobRunIds) sendLog(follower, byRun.get(jobRunId));
    }
  }

  function sendLog({ sent, onLog }: FollowerEntry, extent: LogExtent | undefined): void {
    if (!extent) return;
    const last = sent.get(extent.jobRunId);
    if (last?.lineCount === extent.lineCount && last.isComplete === extent.isComplete) return;
    sent.set(extent.jobRunId, extent);
    onLog(extent);
  }

  async function runIteration(): Promise<void> {
    // Followers that join during the query are not included in it.
    const present = [...followers];
    try {
      await readChanges();
      await readLines();
      for (const { joined } of present) joined.resolve();
    } catch (error) {
      log.warn({ err: error }, 'reading changes failed; retried in a moment');
    }
  }

  async function run(): Promise<void> {
    const wakes = await persistence.onWake(() => wakeUp.ring('soon'));
    try {
      while (followers.size > 0) {
        await runIteration();
        await wakeUp.wait({ minMs: minPauseMs, maxMs: pauseMs });
      }
    } finally {
      await wakes.close();
    }
  }

  async function keepRunning(): Promise<void> {
    if (isRunning) return;
    isRunning = true;
    // A follower that joins while the last iteration ends finds the loop running, and is noticed here.
    while (followers.size > 0) {
      [seen, lookedAt] = [undefined, performance.now()];
      await run().catch((error: unknown) => {
        log.warn({ err: error }, 'listening for wake-ups failed; retried in a moment');
        return wakeUp.wait({ minMs: pauseMs, maxMs: pauseMs });
      });
    }
    isRunning = false;
  }

  return {
    follow(follower) {
      const entry: FollowerEntry = { ...follower, sent: new Map(), joined: Promise.withResolvers() };
      const unlisten = follower.jobRunIds.map((id) => attemptLog.onChange(id, () => wakeUp.ring('soon')));
      followers.add(entry);
      wakeUp.ring('now');
      void keepRunning();
      return {
        joined: entry.joined.promise,
        end() {
          for (const stop of unlisten) stop();
          followers.delete(entry);
          wakeUp.ring('now');
        },
      };
    },
  };
}
