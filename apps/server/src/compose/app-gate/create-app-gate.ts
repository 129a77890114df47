import type {
  App,
  AppGate,
  AppName,
  AppSession,
  AppState,
  StoppedApp,
  Visitor,
} from '../../proxy/app-gate.ts';
import type { AppInstanceRecord, AppSessionRecord, JobRecord } from '../../store/records.ts';
import type { AppServices } from '../../services/apps/apps.ts';
import type { AppStatus } from '../../services/apps/read-apps.ts';
import type { BegunVisit } from '../../services/apps/app-visits.ts';
import type { Duplex } from 'node:stream';
import type { AppConnector } from '../../executors/contract/app-connector.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../../store/store.ts';
import type { StartRuns } from '../../services/runs/start-runs.ts';
import { createBriefMemory } from './brief-memory.ts';
import { createUseRecorder } from './use-recorder.ts';
import { getInterface } from '../../domain/jobs/job-definition.ts';
import { describeAppEnd, describeStop, labelOfApp, readIdEnd } from '../../domain/apps/app.ts';
import { portOfApp, startPathOf } from '../../domain/apps/app-trigger.ts';
import { ServiceError } from '../../platform/service-error.ts';

export interface AppGateDependencies {
  persistence: Persistence<'appPorts' | 'apps' | 'jobs'>;
  apps: AppServices;
  startRuns: Pick<StartRuns, 'startApp'>;
  /** Null if the executor runs no apps. */
  appConnector: AppConnector | null;
  /** Reads the end of a run's log, to show members why their app ended. */
  readLastLines: (workspaceId: string, jobRunId: string) => Promise<readonly string[]>;
  log: Logger;
}

/** Validity of cached lookups: a page of an app requests a hundred files at once. */
const lookedAtMs = 1000;
/** Shorter while visitors wait for a change. */
const lookedAtStartingMs = 200;
const cacheMs = 5000;

/** Implements the proxy's gate with the services and the executor of this server. */
export function createAppGate(
  dependencies: AppGateDependencies,
): AppGate & { announceRevoked(): void; close(): Promise<void> } {
  const { persistence, apps, startRuns, appConnector, readLastLines, log } = dependencies;
  const { addresses, readApps, visits } = apps;
  const { store } = persistence;
  const listeners = new Set<() => void>();
  const found = createBriefMemory<App | null>(cacheMs);
  const statuses = createBriefMemory<AppStatus>(({ situation }) =>
    situation.kind === 'starting' ? lookedAtStartingMs : lookedAtMs,
  );
  const sessions = createBriefMemory<AppSessionRecord | null>(cacheMs);
  const keys = createBriefMemory<string | null>(cacheMs);
  const starts = new Map<string, Promise<AppState>>();
  const uses = createUseRecorder({ store, log });

  async function findByLabel(label: string): Promise<JobRecord | null> {
    const idEnd = readIdEnd(label);
    if (idEnd === null) return null;
    const jobs = await store.jobs.getMany(await store.apps.listByIdEnd(idEnd));
    return jobs.find((job) => labelOf(job) === label) ?? null;
  }

  async function findByPort(port: number): Promise<JobRecord | null> {
    const jobId = await store.appPorts.findJobId(port);
    const [job] = jobId === null ? [] : await store.jobs.getMany([jobId]);
    return job?.jobType === 'interactive' ? job : null;
  }

  async function findApp(name: AppName): Promise<App | null> {
    const job = await ('label' in name ? findByLabel(name.label) : findByPort(name.port));
    if (!job) return null;
    const { definition } = job;
    return {
      jobId: job.id,
      workspaceId: job.workspaceId,
      name: definition.expose?.display_name ?? job.jobRef.split('.').at(-1) ?? job.jobRef,
      label: labelOf(job),
      port: job.appPort,
      interface: getInterface(definition) ?? 'rest_api',
      startPath: startPathOf(definition),
    };
  }

  const scopeOf = (app: App) => ({ id: app.jobId, workspaceId: app.workspaceId });

  /** If the app no longer accepts connections, its state must be looked up again. */
  async function connectTo(app: App, { handle, triggers }: AppInstanceRecord): Promise<Duplex> {
    try {
      if (!handle) throw new Error('The process of the app has ended.');
      if (!appConnector) throw new Error('The executor of this server runs no apps.');
      return await appConnector.connect(handle, portOfApp({ triggers }));
    } catch (error) {
      statuses.forget(app.jobId);
      throw error;
    }
  }

  async function toState({ situation, end }: AppStatus, app: App): Promise<AppState | StoppedApp> {
    switch (situation.kind) {
      case 'ready': {
        const { instance } = situation;
        return {
          kind: 'ready',
          instance: instance.attemptId ?? instance.jobRunId,
          connect: () => connectTo(app, instance),
        };
      }
      case 'starting':
        return {
          kind: 'starting',
          jobRunId: situation.instance.jobRunId,
          waiting: situation.instance.waitReason,
        };
      case 'failed': {
        const jobRunId = end?.jobRunId ?? '';
        const lastLines = await readLastLines(app.workspaceId, jobRunId).catch((error: unknown) => {
          log.warn({ err: error, app: app.label }, 'the log of an app could not be read');
          return [];
        });
        return {
          kind: 'failed',
          jobRunId,
          detail: end ? describeAppEnd(end) : '',
          retryAt: situation.retryAt,
          lastLines,
        };
      }
      default:
        return { kind: 'stopped', reason: describeStop(end?.endIntent ?? null) };
    }
  }

  async function look(app: App) {
    return toState(await statuses.get(app.jobId, () => readApps.stand(app.jobId)), app);
  }

  async function start(app: App): Promise<AppState> {
    try {
      const jobRunId = await startRuns.startApp({ jobId: app.jobId, membershipId: null });
      statuses.forget(app.jobId);
      return { kind: 'starting', jobRunId, waiting: null };
    } catch (error) {
      if (error instanceof ServiceError) return { kind: 'unavailable', detail: describeRefusal(error) };
      throw error;
    }
  }

  function forgetVisitors(): void {
    sessions.clear();
    keys.clear();
  }

  function startOnce(app: App): Promise<AppState> {
    const underWay = starts.get(app.jobId);
    if (underWay) return underWay;
    const starting = start(app).finally(() => starts.delete(app.jobId));
    starts.set(app.jobId, starting);
    return starting;
  }

  return {
    async find(name) {
      const key = 'label' in name ? name.label : `port ${name.port}`;
      const app = await found.get(key, () => findApp(name));
      // Do not cache unused ports: a request to one would hide the app that gets it later.
      if (!app && 'port' in name) found.forget(key);
      return app;
    },
    look,

    async wake(app) {
      const state = await look(app);
      const isDue = state.kind === 'stopped' || (state.kind === 'failed' && state.retryAt <= new Date());
      return isDue ? startOnce(app) : state;
    },

    noteUse: (app, visitor) => uses.note(app.jobId, visitor),
    noteConnected: (open) => uses.noteConnected(open.map(({ jobId }) => jobId)),

    async findSession(app, secret) {
      const session = await sessions.get(`${app.jobId} ${secret}`, () => visits.find(scopeOf(app), secret));
      return session && toVisitor(session);
    },

    async findKey(app, bearer) {
      const keyId = await keys.get(`${app.jobId} ${bearer}`, () => visits.findKey(scopeOf(app), bearer));
      return keyId === null ? null : { kind: 'key', keyId };
    },

    isOwnToken: visits.isOwnToken,

    async takeCode(app, code) {
      const visit = await visits.enter(scopeOf(app), code);
      return visit && toSession(visit);
    },

    async openLink(app, secret, password, address) {
      const answer = await visits.openLink(scopeOf(app), { secret, password, address });
      return answer.kind === 'visit' ? { kind: 'session', session: toSession(answer.visit) } : answer;
    },

    async endSession(_app, visitor) {
      if (visitor.kind === 'key') return;
      await visits.end(visitor.sessionId);
      sessions.clear();
      for (const listener of listeners) listener();
    },

    async findEnded(visitors) {
      const bySession = visitors.flatMap(({ app, visitor }) =>
        visitor.kind === 'key' ? [] : [{ sessionId: visitor.sessionId, workspaceId: app.workspaceId }],
      );
      const ended = await visits.findEnded(bySession);
      const decisions = await Promise.all(
        visitors.map(async ({ app, visitor }) =>
          visitor.kind === 'key'
            ? !(await visits.isKeyGood(app, visitor.keyId))
            : ended.has(visitor.sessionId),
        ),
      );
      const gone = visitors.flatMap(({ visitor }, n) => (decisions[n] ? [visitor] : []));
      // A visitor who was cut reconnects at once, so the cached identity must be gone.
      if (gone.length > 0) forgetVisitors();
      return gone;
    },

    onAccessRevoked(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },

    signInUrl: (app, returnTo) => addresses.openingPageOf(app.jobId, returnTo),

    /** This server revoked access, so all cached visitors are invalid. */
    announceRevoked() {
      forgetVisitors();
      found.clear();
      for (const listener of listeners) listener();
    },

    close: () => uses.flush(),
  };
}

function labelOf({ id, jobRef }: JobRecord): string {
  return labelOfApp({ jobRef, jobId: id });
}

function toVisitor({ id, userId, publicationId }: AppSessionRecord): Visitor {
  if (userId !== null) return { kind: 'member', sessionId: id, userId };
  return { kind: 'guest', sessionId: id, publicationId: publicationId ?? '' };
}

function toSession({ session, secret, seconds }: BegunVisit): AppSession {
  return { secret, visitor: toVisitor(session), seconds };
}

/** The server's reason for a rejected start, shown to visitors of the app. */
function describeRefusal({ message, extra }: ServiceError): string {
  const reasons = typeof extra === 'object' && extra !== null && 'reasons' in extra ? extra.reasons : null;
  return Array.isArray(reasons) && reasons.length > 0 ? `${message} ${reasons.join('; ')}` : message;
}
