/** An in-memory executor whose attempts follow a script. It runs nothing and calls no server. */
import { randomUUID } from 'node:crypto';
import { duplexPair, type Duplex } from 'node:stream';
import type { AttemptHandle } from '../contract/attempt-handle.ts';
import type {
  AttemptInspection,
  AttemptSpec,
  ExitDetails,
  ListedAttempt,
} from '../contract/attempt-runner.ts';
import {
  EnvironmentBuildError,
  type EnvironmentSpec,
  type StoredPackage,
} from '../contract/environment-builder.ts';
import { ExecutorError, type ExecutorErrorKind } from '../contract/executor-error.ts';
import type { LocalDataScope, SnapshotExtent } from '../contract/local-data-store.ts';
import type { Executor } from '../executor.ts';
import { checkLocalDataScope } from '../local-data-names.ts';
import type { Resource } from '../../domain/retention/resource.ts';
import type { MachineResources } from '../../domain/runs/capacity.ts';

/** The behaviour of an attempt. By default it starts, runs until it is told to end, and exits on SIGTERM. */
export interface FakeAttemptScript {
  /** `start` fails with this kind. */
  startFailure?: ExecutorErrorKind;
  /** Exits this way as soon as it has started. */
  exit?: Partial<ExitDetails>;
  /** Exits this way on SIGTERM; `ignores` requires SIGKILL. */
  onTerm?: Partial<ExitDetails> | 'ignores';
}

export interface FakeBuildScript {
  lines?: string[];
  failure?: { code: EnvironmentBuildError['code']; message: string };
}

export interface FakeScripts {
  attempt?: (spec: AttemptSpec) => FakeAttemptScript;
  build?: (spec: EnvironmentSpec) => FakeBuildScript;
}

export interface FakeExecutor extends Executor {
  /** Specifications of the attempts that were started, in order. */
  readonly started: readonly AttemptSpec[];
  readonly stopped: readonly { attemptId: string; graceSeconds: number }[];
  readonly built: readonly EnvironmentSpec[];
  /** Snapshots that were kept, in order. */
  readonly snapshots: readonly (LocalDataScope & SnapshotExtent)[];
  /** Attempts whose copy was refreshed, in order. */
  readonly refreshed: readonly string[];
  /** Ends a running attempt, with exit code 0 by default. */
  finish(attemptId: string, exit?: Partial<ExitDetails>): void;
  /** Makes the attempt disappear without an exit record. */
  vanish(attemptId: string): void;
  /** Makes the attempt invisible until called with false. */
  hide(attemptId: string, hidden?: boolean): void;
  /** Appends a record to the attempt's spool. */
  record(attemptId: string, record: Record<string, unknown>): void;
  /** Serves a port of the attempt: `accept` gets one side of each new connection. */
  listen(attemptId: string, port: number, accept: (connection: Duplex) => void): void;
  /** Adds a resource that is listed until it is removed. */
  plant(resource: Resource): void;
  /** Contents of the package store; tests add to it. */
  readonly storedPackages: StoredPackage[];
  /** Makes removal of a resource fail with this message, or succeed again with null. */
  refuseToRemove(resourceId: string, message: string | null): void;
}

interface FakeAttempt {
  spec: AttemptSpec;
  script: FakeAttemptScript;
  startedAt: Date;
  state: { state: 'running' } | { state: 'exited'; exit: ExitDetails } | { state: 'missing' };
  hidden: boolean;
  spool: string;
  listeners: Map<number, (connection: Duplex) => void>;
  connections: Set<Duplex>;
}

const NAME = 'fake';
/** Reported size of an environment or a cache. */
const FAKE_BYTES = 1000;

interface FakeOptions {
  scripts?: FakeScripts;
  /** The versions of Python that builds can have, preferred first. */
  pythons?: readonly string[];
  machine?: MachineResources | null;
  /** Executors of one scope claim to see each other's attempts, and report them as missing. */
  handleScope?: string;
}

/** Each fake executor sees only its own attempts: its handles are unknown to others. */
export function createFakeExecutor(options: FakeOptions = {}): FakeExecutor {
  const { scripts = {}, pythons = ['3.12'], machine = null, handleScope = randomUUID() } = options;
  const attempts = new Map<string, FakeAttempt>();
  const environments = new Map<string, { key: string; begunAt: Date }>();
  const planted = new Map<string, Resource>();
  const refusals = new Map<string, string>();
  const caches = new Map<string, Date>();
  const storedPackages: StoredPackage[] = [];
  const started: AttemptSpec[] = [];
  const stopped: { attemptId: string; graceSeconds: number }[] = [];
  const built: EnvironmentSpec[] = [];
  const snapshots: (LocalDataScope & SnapshotExtent)[] = [];
  const refreshed: string[] = [];

  const buildHandle = ({ attemptId, jobRunId }: AttemptSpec): AttemptHandle => ({
    executor: NAME,
    version: 1,
    data: { place: handleScope, attemptId, jobRunId },
  });

  const requireAttempt = (attemptId: string): FakeAttempt => {
    const attempt = attempts.get(attemptId);
    if (attempt === undefined) throw new Error(`The fake executor has no attempt ${attemptId}.`);
    return attempt;
  };

  /** Finds the attempt of a handle: null if it does not exist, 'hidden' if this executor cannot tell. */
  const findAttempt = (handle: AttemptHandle): FakeAttempt | null | 'hidden' => {
    if (handle.executor !== NAME || handle.data['place'] !== handleScope) return 'hidden';
    const attempt = attempts.get(String(handle.data['attemptId'])) ?? null;
    return attempt?.hidden === true ? 'hidden' : attempt;
  };

  const requireVisible = (handle: AttemptHandle): FakeAttempt | null => {
    const attempt = findAttempt(handle);
    if (attempt === 'hidden') throw new ExecutorError('backend', HIDDEN);
    return attempt;
  };

  const describeEach = (): Resource[] => [
    ...[...attempts.values()].map(({ spec: { attemptId }, startedAt }): Resource => ({
      kind: 'container',
      id: `attempt-${attemptId}`,
      owner: { kind: 'attempt', attemptId },
      madeAt: startedAt,
      sizeBytes: FAKE_BYTES,
    })),
    ...[...environments].map(([path, { key, begunAt }]): Resource => ({
      kind: 'volume',
      id: path,
      owner: { kind: 'environment', path, key },
      madeAt: begunAt,
      sizeBytes: FAKE_BYTES,
    })),
    ...[...caches].map(([organizationId, changedAt]): Resource => ({
      kind: 'volume',
      id: `cache-${organizationId}`,
      owner: { kind: 'cache', organizationId },
      madeAt: changedAt,
      sizeBytes: FAKE_BYTES,
    })),
    ...planted.values(),
  ];

  async function connect(handle: AttemptHandle, port: number): Promise<Duplex> {
    const attempt = requireVisible(handle);
    const accept = attempt?.state.state === 'running' ? attempt.listeners.get(port) : undefined;
    if (attempt?.spec.network !== 'isolated' || accept === undefined)
      throw new ExecutorError('backend', `Nothing listens on port ${port} of the run.`);
    const [near, far] = duplexPair({ allowHalfOpen: true });
    for (const side of [near, far]) {
      side.on('error', () => undefined);
      attempt.connections.add(side);
      side.once('close', () => attempt.connections.delete(side));
    }
    accept(far);
    return near;
  }

  return {
    name: NAME,
    started,
    stopped,
    built,
    storedPackages,
    snapshots,
    refreshed,
    appConnector: { connect },
    localDataFiles: null,
    templates: null,
    describePressure: () => null,
    findObstacle: async () => null,
    capabilities: () => ({
      memoryLimit: false,
      isolated: true,
      interactive: true,
      localDataInObjects: false,
    }),
    async probe() {
      return { ok: true, detail: 'Nothing is run.' };
    },
    readMachine: () => Promise.resolve(machine),
    listPythons: () => Promise.resolve([...pythons]),
    async buildEnvironment(spec, onLine, signal) {
      signal?.throwIfAborted();
      built.push(spec);
      const { lines = [], failure } = scripts.build?.(spec) ?? {};
      for (const text of lines) onLine({ stream: 'stderr', text });
      if (failure !== undefined) throw new EnvironmentBuildError(failure.code, failure.message);
      const path = `${handleScope}/${spec.key}-${built.length}`;
      environments.set(path, { key: spec.key, begunAt: new Date() });
      caches.set(spec.organizationId, new Date());
      return { executor: NAME, path };
    },
    async hasEnvironment({ executor, path }) {
      return executor === NAME && environments.has(path);
    },
    async removeEnvironment({ path }) {
      environments.delete(path);
    },
    async measureEnvironment({ path }) {
      return environments.has(path) ? FAKE_BYTES : 0;
    },
    async listCaches() {
      return [...caches].map(([organizationId, changedAt]) => ({
        organizationId,
        sizeBytes: FAKE_BYTES,
        changedAt,
      }));
    },
    async removeCache(organizationId) {
      caches.delete(organizationId);
    },
    listStoredPackages: () => Promise.resolve([...storedPackages]),
    async removeStoredPackages(ids) {
      const kept = storedPackages.filter(({ id }) => !ids.includes(id));
      storedPackages.splice(0, storedPackages.length, ...kept);
    },
    async start(spec) {
      if (attempts.has(spec.attemptId)) return buildHandle(spec);
      const script = scripts.attempt?.(spec) ?? {};
      if (script.startFailure !== undefined) {
        throw new ExecutorError(
          script.startFailure,
          `The script of ${spec.attemptId} says that it does not start.`,
        );
      }
      const attempt: FakeAttempt = {
        spec,
        script,
        startedAt: new Date(),
        state: { state: 'running' },
        hidden: false,
        spool: '',
        listeners: new Map(),
        connections: new Set(),
      };
      attempts.set(spec.attemptId, attempt);
      started.push(spec);
      if (script.exit !== undefined) endAttempt(attempt, script.exit);
      return buildHandle(spec);
    },
    redirect: () => Promise.resolve(),
    async takeSnapshot(of, isWhole, extent) {
      checkLocalDataScope(of);
      const copied = { sizeBytes: FAKE_BYTES, plainChangedSecondsAgo: null };
      if (!(await isWhole(copied))) return null;
      snapshots.push({ ...of, ...extent });
      return copied;
    },
    async refreshCopy(handle) {
      const attempt = requireVisible(handle);
      if (attempt?.state.state !== 'running') throw new ExecutorError('backend', 'The attempt does not run.');
      if (attempt.spec.localData?.access !== 'copy')
        throw new ExecutorError('backend', 'The attempt has no copy of local data.');
      refreshed.push(attempt.spec.attemptId);
    },
    async inspect(handle): Promise<AttemptInspection> {
      const attempt = findAttempt(handle);
      if (attempt === 'hidden') return { state: 'unknown', detail: HIDDEN };
      return attempt === null ? { state: 'missing' } : { ...attempt.state };
    },
    async stop(handle, { graceSeconds }) {
      const attempt = requireVisible(handle);
      stopped.push({ attemptId: String(handle.data['attemptId']), graceSeconds });
      if (attempt?.state.state !== 'running') return;
      const onTerm = attempt.script.onTerm ?? { code: null, signal: 'SIGTERM' };
      endAttempt(attempt, onTerm === 'ignores' ? { code: null, signal: 'SIGKILL' } : onTerm);
    },
    async remove(handle) {
      const attempt = requireVisible(handle);
      if (attempt?.state.state === 'running') {
        throw new ExecutorError('backend', 'A running attempt cannot be removed: stop it first.');
      }
      attempts.delete(String(handle.data['attemptId']));
    },
    async list(): Promise<ListedAttempt[]> {
      return [...attempts.values()].map(({ spec }) => ({
        attemptId: spec.attemptId,
        jobRunId: spec.jobRunId,
        handle: buildHandle(spec),
      }));
    },
    async listResources({ withSizes }) {
      return describeEach().map((one) => (withSizes ? one : { ...one, sizeBytes: null }));
    },
    async removeResource({ kind, id }) {
      const resource = describeEach().find((one) => one.kind === kind && one.id === id);
      if (resource === undefined) return;
      const { owner } = resource;
      const refusal = refusals.get(id);
      if (refusal !== undefined) throw new ExecutorError('backend', refusal);
      if (owner.kind === 'local-data') throw new ExecutorError('config', `${id} is a workspace's data.`);
      if (planted.delete(id)) return;
      if (owner.kind === 'attempt') attempts.delete(owner.attemptId);
      if (owner.kind === 'environment') environments.delete(owner.path);
      if (owner.kind === 'cache') caches.delete(owner.organizationId);
    },
    async readSpool(handle, offset, maxBytes) {
      const attempt = findAttempt(handle);
      if (attempt === null || attempt === 'hidden') return null;
      return new Uint8Array(Buffer.from(attempt.spool).subarray(offset, offset + maxBytes));
    },
    finish(attemptId, exit = {}) {
      endAttempt(requireAttempt(attemptId), exit);
    },
    vanish(attemptId) {
      const attempt = requireAttempt(attemptId);
      attempt.state = { state: 'missing' };
      endConnections(attempt);
    },
    hide(attemptId, hidden = true) {
      requireAttempt(attemptId).hidden = hidden;
    },
    record(attemptId, record) {
      appendRecord(requireAttempt(attemptId), record);
    },
    listen(attemptId, port, accept) {
      requireAttempt(attemptId).listeners.set(port, accept);
    },
    plant(resource) {
      planted.set(resource.id, resource);
    },
    refuseToRemove(resourceId, message) {
      if (message === null) refusals.delete(resourceId);
      else refusals.set(resourceId, message);
    },
  };
}

const HIDDEN = 'This server cannot reach the attempt.';

function endAttempt(attempt: FakeAttempt, details: Partial<ExitDetails>): void {
  if (attempt.state.state !== 'running') return;
  const exit: ExitDetails = { code: 0, signal: null, outOfMemory: null, ...details };
  attempt.state = { state: 'exited', exit };
  endConnections(attempt);
  const { code, signal, outOfMemory } = exit;
  appendRecord(attempt, { kind: 'exit', code, signal, out_of_memory: outOfMemory, reason: null });
}

function endConnections({ connections }: FakeAttempt): void {
  for (const side of connections) side.destroy();
}

function appendRecord(attempt: FakeAttempt, record: Record<string, unknown>): void {
  const n = attempt.spool.split('\n').length - 1;
  attempt.spool += `${JSON.stringify({ n, at: new Date().toISOString(), ...record })}\n`;
}
