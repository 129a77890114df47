/** The executor contract: code that runs an attempt somewhere. Every executor passes `conformance/`. */

import type { Duplex } from 'node:stream';
import type { Belonging } from '../domain/retention/belonging.ts';
import type { MachineResources } from '../domain/runs/capacity.ts';

/** What an executor stored about a started attempt; versioned JSON, kept in the store, opaque to everyone else. */
export interface AttemptHandle {
  executor: string;
  version: number;
  /** Executor-specific; always names the place (host and boot, or engine) where the attempt lives. */
  data: Record<string, unknown>;
}

export interface ExecutorCapabilities {
  memoryLimit: boolean;
  /** The attempt's files are isolated from the server's and from other attempts'. */
  isolated: boolean;
  localData: boolean;
  interactive: boolean;
}

/** `ok: false` carries the reason in words an operator can act on. */
export type ProbeResult = { ok: true; detail: string } | { ok: false; detail: string };

export type EnvironmentLine = { stream: 'stdout' | 'stderr'; text: string };

export interface EnvironmentSpec {
  /** Hash of workspace, Python version, sorted requirements, platform and what decides where packages come from. */
  key: string;
  organizationId: string;
  workspaceId: string;
  /** "3.11" */
  pythonVersion: string;
  /** PEP 508 lines, sorted. */
  requirements: string[];
  /** Settings of uv and of proxies: all of them reach uv, beneath what the executor sets itself. */
  variables: Record<string, string>;
  /** Taken out of every line and every error before anything else is done with it. */
  maskedValues: string[];
  uid: number;
}

/** Where a built environment is, in the executor's own terms (a path, a volume name). */
export interface EnvironmentLocation {
  executor: string;
  path: string;
}

/** A package that builds share. */
export interface StoredPackage {
  id: string;
  usedAt: Date;
  /** Without what environments have of it: that counts for them. */
  sizeBytes: number;
  /** Whether environments have most of it. */
  isUsed: boolean;
}

export interface ListedCache {
  organizationId: string;
  sizeBytes: number;
  changedAt: Date;
}

/**
 * `read-write`: the data itself. `copy`: a copy of its snapshot that is the attempt's own, writable, and gone with it; seen where the
 * data of the profile `mountedAs` would be. Where there is no snapshot it is empty.
 */
export type LocalDataUse =
  | { workspaceId: string; profile: string; access: 'read-write' }
  | { workspaceId: string; profile: string; access: 'copy'; mountedAs: string };

/** What a workspace's runs of one profile have written, and who they are. */
export interface LocalDataPlace {
  installationId: string;
  workspaceId: string;
  profile: string;
  /** Uid of the workspace's runs. */
  uid: number;
}

/** How much of the local data a snapshot has. */
export interface SnapshotExtent {
  /** One entry of it; all of them where none is named. */
  only?: string | undefined;
}

export interface AttemptSpec {
  attemptId: string;
  jobRunId: string;
  installationId: string;
  claimNumber: number;
  /** Base URL of the attempt routes. */
  attemptsUrl: string;
  /** A unix socket with the same routes, for attempts on the server's machine; they use it first. */
  attemptsSocket?: string;
  /** Goes to the bootstrap in a file that it removes; never an argument or a variable. */
  bootstrapSecret: string;
  environment: EnvironmentLocation;
  /** Name of the work folder: it shows in every dlt trace, so it is the workspace's, made safe for a path. */
  workFolderName: string;
  localData: LocalDataUse | null;
  /** Uid of the workspace's runs; used only where the server is root. */
  uid: number;
  limits: AttemptLimits;
  /**
   * `outgoing`: the attempt connects to others and nobody connects to it. `apart`: it also listens, without a password, and its server
   * alone connects to it.
   */
  network: 'outgoing' | 'apart';
}

/** What an attempt may use; null: as much as there is. An executor that cannot hold one says so in its capabilities. */
export interface AttemptLimits {
  memoryBytes: number | null;
  /** Cores; a half is 0.5. */
  cpus: number | null;
  /** Processes and threads at once. */
  processes: number | null;
}

/** Whose end of memory killed the run: its own `limit`, or the whole `machine`'s. */
export type OutOfMemory = 'limit' | 'machine';

export interface ExitFacts {
  code: number | null;
  signal: string | null;
  outOfMemory: OutOfMemory | null;
}

/**
 * `missing`: the place was looked at and the attempt is not there (the only answer that may fail a run).
 * `unknown`: this server cannot tell; ask again.
 */
export type AttemptInspection =
  | { state: 'running' }
  | { state: 'exited'; exit: ExitFacts }
  /** `detail` says what is known of the end of something that left no record of it. */
  | { state: 'missing'; detail?: string }
  | { state: 'unknown'; detail: string };

export interface ListedAttempt {
  attemptId: string;
  jobRunId: string;
  handle: AttemptHandle;
}

export type ExecutorErrorKind = 'image' | 'quota' | 'config' | 'backend';

/** A typed failure to start. `backend` may be tried again; the others would fail again. */
export class ExecutorError extends Error {
  readonly kind: ExecutorErrorKind;
  constructor(kind: ExecutorErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ExecutorError';
    this.kind = kind;
  }
}

/** uv could not resolve or build the requirements: its own words were given to `onLine`. */
export class EnvironmentBuildError extends Error {
  readonly code: 'python_not_found' | 'requirements_failed' | 'builder_failed';
  constructor(code: EnvironmentBuildError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EnvironmentBuildError';
    this.code = code;
  }
}

export interface Executor {
  readonly name: string;
  capabilities(): ExecutorCapabilities;
  probe(): Promise<ProbeResult>;
  /** What its runs share: the cores and the memory of the machine that they run on. Null where that is not known now. */
  readMachine(): Promise<MachineResources | null>;
  /**
   * Builds the environment in the same isolation that a run gets. The caller holds the key's lock. Each call builds at a new
   * place, so two builders that both believe to hold the lock never touch each other's files; the caller keeps one.
   * @throws EnvironmentBuildError
   */
  buildEnvironment(
    spec: EnvironmentSpec,
    onLine: (line: EnvironmentLine) => void,
    signal?: AbortSignal,
  ): Promise<EnvironmentLocation>;
  /**
   * True when a location that the store knows is still there and complete. What has to be made before that can be told, as after an
   * upgrade, is told to `onLine`.
   */
  hasEnvironment(location: EnvironmentLocation, onLine?: (line: EnvironmentLine) => void): Promise<boolean>;
  removeEnvironment(location: EnvironmentLocation): Promise<void>;
  /** What an environment takes on the disk; 0 where there is none. */
  measureEnvironment(location: EnvironmentLocation): Promise<number>;
  /** What builders keep for later builds, by organization. */
  listCaches(): Promise<ListedCache[]>;
  /** Removes an organization's cache; later builds begin one anew. Not while it builds. */
  removeCache(organizationId: string): Promise<void>;
  /** Packages that builds share, with what they take beyond environments. */
  listStoredPackages(): Promise<StoredPackage[]>;
  /** Removes packages from the store. Environments keep what they have; a build that is under way gets it anew. */
  removeStoredPackages(ids: readonly string[]): Promise<void>;
  /** Idempotent on the attempt id: a second call returns the handle of the first. @throws ExecutorError */
  start(spec: AttemptSpec): Promise<AttemptHandle>;
  /**
   * Tells an attempt where its routes are answered from now on: the server that it was given may be gone, or stand still. Nothing
   * happens where it cannot be told.
   * @param notice as the attempt's seal has written it: user code may be able to write where it is left
   */
  redirect(handle: AttemptHandle, notice: string): Promise<void>;
  /**
   * A connection to a port inside an attempt with a network apart. Each side ends its half by itself; what one does not read the
   * other waits for. It ends with the attempt. Several servers may have connections to one attempt. Once it is there it tells no
   * error to nobody: who does not listen for `error` sees `close`.
   * @param port below 32768: those above are where outgoing connections come from
   * @throws ExecutorError backend, where nothing listens, or the attempt has no such network, has ended, or is elsewhere
   */
  connect(handle: AttemptHandle, port: number): Promise<Duplex>;
  /**
   * Copies local data aside, as it is now. Nobody may write to it meanwhile: `isUntouched` is asked when the copy is made, and only
   * where nobody has is it put in the place of the snapshot before. That one stays in every other case, and a crash is one of them; what
   * a crash leaves half-made is a belonging of nobody and goes with the next call, too.
   * @returns what the snapshot takes on the disk; null where it was thrown away
   * @throws ExecutorError backend, and what `isUntouched` throws
   */
  takeSnapshot(
    place: LocalDataPlace,
    isUntouched: () => Promise<boolean>,
    extent?: SnapshotExtent,
  ): Promise<{ sizeBytes: number } | null>;
  /**
   * Makes the copy of a running attempt the same as the snapshot. A file that differs is replaced whole, and whoever has the old one open keeps that;
   * what the attempt has written itself is gone. Nothing happens where there is no snapshot.
   * @param place whose snapshot the attempt was started with
   * @throws ExecutorError backend, where the attempt does not run, or is elsewhere, or has no copy
   */
  refreshCopy(handle: AttemptHandle, place: LocalDataPlace): Promise<void>;
  inspect(handle: AttemptHandle): Promise<AttemptInspection>;
  /**
   * TERM, grace, TERM, KILL of the whole attempt; resolves when it is seen to be gone. Idempotent; a missing attempt is gone.
   * @throws ExecutorError backend, when it is still there
   */
  stop(handle: AttemptHandle, options: { graceSeconds: number }): Promise<void>;
  /** Removes everything the attempt left (folders, secrets, spool). Never of a running one. */
  remove(handle: AttemptHandle): Promise<void>;
  /** All attempts of this installation that this executor can see, running or not. */
  list(): Promise<ListedAttempt[]>;
  /**
   * Everything of this installation that this executor can see, whether anything owns it or not, half-made things and those of live
   * attempts too; nothing of another installation. Sizes cost seconds where every file is looked at.
   */
  listBelongings(options: { withSizes: boolean }): Promise<Belonging[]>;
  /**
   * Removes one of them; of an attempt the processes are ended first. It is looked for anew: what is not listed any more is gone, and
   * that is no problem. Several servers may do it at once.
   * @throws ExecutorError backend, when it cannot be removed now; config for local data, which no executor removes
   */
  removeBelonging(belonging: Pick<Belonging, 'kind' | 'id'>): Promise<void>;
  /** Bytes of the spool from an offset, where that disk can be reached; null where it cannot. Bounded by `maxBytes`. */
  readSpool(handle: AttemptHandle, offset: number, maxBytes: number): Promise<Uint8Array | null>;
}
