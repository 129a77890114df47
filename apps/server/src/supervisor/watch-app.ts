import type { AttemptHandle, Executor } from '../executors/executor.ts';
import type { EndIntent, JobRunRecord } from '../store/records.ts';
import type { JobDefinition } from '../domain/jobs/job-definition.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../store/store.ts';
import type { StartRuns } from '../services/runs/start-runs.ts';
import { answersHttp } from './answers-http.ts';
import { decideAppEnd, idleSecondsOf, listenWithinSeconds } from '../domain/apps/app.ts';
import { portOfApp } from '../domain/apps/app-trigger.ts';
import { ServiceError } from '../platform/service-error.ts';

export interface WatchAppDependencies {
  persistence: Persistence;
  executor: Pick<Executor, 'connect'>;
  startRuns: Pick<StartRuns, 'startApp'>;
  log: Logger;
}

/** Servers that have seen the old process a moment ago still send visitors there. */
const handOverSeconds = 3;

/** One look at a running app: why it is to end now, with the words for its log; null where it goes on. */
export type AppWatch = (
  begunSecondsAgo: number | null,
) => Promise<{ intent: Exclude<EndIntent, 'cancel' | 'timeout'>; words: string } | null>;

export type WatchApp = ReturnType<typeof createWatchApp>;

/** What is watched of an app beside its process: whether it answers, whether it is used, and whether a newer one should take its place. */
export function createWatchApp({ persistence, executor, startRuns, log }: WatchAppDependencies) {
  const { store } = persistence;

  /** Starts another process with what was deployed since; the old one answers until that one does. */
  async function replaceWhereOld(run: JobRunRecord): Promise<void> {
    const now = await store.apps.findVersions(run.jobId);
    const isOld =
      now &&
      (now.deploymentId !== run.deploymentId ||
        now.configurationId !== run.configurationId ||
        now.jobVersionId !== run.jobVersionId);
    if (!isOld) return;
    // A newer run that failed is not made again and again: the next deployment has its turn.
    if ((await store.jobRuns.newestOfJob(run.jobId))?.id !== run.id) return;
    try {
      await startRuns.startApp({ jobId: run.jobId, membershipId: null, replaces: run.id });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      log.info({ jobRunId: run.id, reason: error.message }, 'no newer process of an app was started');
    }
  }

  return function watchApp(run: JobRunRecord, definition: JobDefinition, handle: AttemptHandle): AppWatch {
    const idleSeconds = idleSecondsOf(definition);
    const port = portOfApp(definition);

    return async (begunSecondsAgo) => {
      const ages = await store.apps.readAges(run.id);
      if (!ages || begunSecondsAgo === null) return null;
      if (ages.isArchived) return { intent: 'idle', words: archivedWords };
      if (ages.listeningSeconds === null && (await answersHttp(() => executor.connect(handle, port)))) {
        await store.apps.noteListening(run.id);
        return null;
      }
      const instances = await store.apps.listInstances(run.jobId);
      const [newest] = instances;
      const isReplaced =
        newest !== undefined &&
        newest.jobRunId !== run.id &&
        newest.status === 'running' &&
        (newest.listeningSeconds ?? 0) > handOverSeconds;
      if (ages.listeningSeconds !== null && newest?.jobRunId === run.id) await replaceWhereOld(run);
      const intent = decideAppEnd({ ...ages, begunSeconds: begunSecondsAgo, idleSeconds, isReplaced });
      return intent && { intent, words: endWords[intent]({ idleSeconds: idleSeconds ?? 0, port }) };
    };
  };
}

interface EndFacts {
  idleSeconds: number;
  port: number;
}

const archivedWords = 'The job or its workspace is archived; the app is stopped.';
const endWords = {
  idle: ({ idleSeconds }: EndFacts) =>
    `Nobody has used the app for ${idleSeconds} s; it is stopped. The next visit starts it again.`,
  replaced: () => 'A newer process of this app answers in its place; this one is stopped.',
  // Where it listens instead, the bootstrap has said.
  silent: ({ port }: EndFacts) =>
    `Nothing has answered on port ${port} within ${listenWithinSeconds} s; the app is stopped.`,
};
