import type { AttemptHandle } from '../executors/contract/attempt-handle.ts';
import type { AppConnector } from '../executors/contract/app-connector.ts';
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
  persistence: Persistence<'apps' | 'jobRuns'>;
  /** Null if the executor runs no apps. */
  appConnector: AppConnector | null;
  startRuns: Pick<StartRuns, 'startApp'>;
  log: Logger;
}

/** Other servers may route visitors to the old process for this long. */
const handOverSeconds = 3;

/**
 * Checks a running app once. Returns why it must end now, with the message for its log; null if it may
 * continue.
 */
export type AppWatch = (
  begunSecondsAgo: number | null,
) => Promise<{ intent: Exclude<EndIntent, 'cancel' | 'timeout'>; text: string } | null>;

export type WatchApp = ReturnType<typeof createWatchApp>;

/**
 * Creates the checks of a running app beyond its process: whether it answers, whether it is in use, and
 * whether a newer version should replace it.
 */
export function createWatchApp({ persistence, appConnector, startRuns, log }: WatchAppDependencies) {
  const { store } = persistence;

  /** Starts another process with the latest deployment; the old one serves until the new one answers. */
  async function replaceWhereOld(run: JobRunRecord): Promise<void> {
    const now = await store.apps.findVersions(run.jobId);
    const isOld =
      now &&
      (now.deploymentId !== run.deploymentId ||
        now.configurationId !== run.configurationId ||
        now.jobVersionId !== run.jobVersionId);
    if (!isOld) return;
    // A newer run that failed is not started again; only the next deployment starts another.
    if ((await store.jobRuns.newestOfJob(run.jobId))?.id !== run.id) return;
    try {
      await startRuns.startApp({ jobId: run.jobId, membershipId: null, replaces: run.id });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      log.info({ jobRunId: run.id, reason: error.message }, 'the newer process of an app was not started');
    }
  }

  return function watchApp(run: JobRunRecord, definition: JobDefinition, handle: AttemptHandle): AppWatch {
    const idleSeconds = idleSecondsOf(definition);
    const port = portOfApp(definition);
    const isListening = async () =>
      appConnector !== null && answersHttp(() => appConnector.connect(handle, port));

    return async (begunSecondsAgo) => {
      const ages = await store.apps.readAges(run.id);
      if (!ages || begunSecondsAgo === null) return null;
      if (ages.isArchived) return { intent: 'idle', text: archivedText };
      if (ages.listeningSeconds === null && (await isListening())) {
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
      return intent && { intent, text: endTexts[intent]({ idleSeconds: idleSeconds ?? 0, port }) };
    };
  };
}

interface EndInput {
  idleSeconds: number;
  port: number;
}

const archivedText = 'The job or its workspace is archived; the app is stopped.';
const endTexts = {
  idle: ({ idleSeconds }: EndInput) =>
    `The app has been idle for ${idleSeconds} s and is stopped. The next visit starts it again.`,
  replaced: () => 'A newer process of this app has replaced this one, which is stopped.',
  // If the app listens on another port, the bootstrap has already reported it.
  silent: ({ port }: EndInput) =>
    `Nothing has answered on port ${port} within ${listenWithinSeconds} s; the app is stopped.`,
};
