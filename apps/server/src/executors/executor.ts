/** The executor contract: runs attempts on some backend. Every executor passes `conformance/`. */

import type { Duplex } from 'node:stream';
import type { Belonging } from '../domain/retention/belonging.ts';
import type { MachineResources } from '../domain/runs/capacity.ts';

/**
 * What an executor stores about a started attempt: versioned JSON in the database, opaque to all other code.
 */
export interface AttemptHandle {
  executor: string;
  version: number;
  /** Executor-specific. Always identifies where the attempt lives: host and boot, or engine. */
  data: Record<string, unknown>;
}

export interface ExecutorCapabilities {
  memoryLimit: boolean;
  /** The attempt's files are isolated from the server and from other attempts. */
  isolated: boolean;
  localData: boolean;
  interactive: boolean;
}

/** `ok: false` carries a reason that tells an operator what to do. */
export type ProbeResult = { ok: true; detail: string } | { ok: false; detail: string };

export type EnvironmentLine = { stream: 'stdout' | 'stderr'; text: string };

export interface EnvironmentSpec {
  /**
   * Hash of workspace, Python version, sorted requirements, platform, and the settings that choose package
   * sources.
   */
  key: string;
  organizationId: string;
  workspaceId: string;
  /** "3.11" */
  pythonVersion: string;
  /** PEP 508 lines, sorted. */
  requirements: string[];
  /** Settings of uv and of proxies, passed to uv; variables that the executor sets itself take precedence. */
  variables: Record<string, string>;
  /** Removed from every line and error before any other processing. */
  maskedValues: string[];
  uid: number;
}

/** Location of a built environment, in executor-specific terms (a path, a volume name). */
export interface EnvironmentLocation {
  executor: string;
  path: string;
}

/** A package shared by builds. */
export interface StoredPackage {
  id: string;
  usedAt: Date;
  /** Excludes files that environments use; they count as part of the environment. */
  sizeBytes: number;
  /** Whether environments use most of it. */
  isUsed: boolean;
}

export interface ListedCache {
  organizationId: string;
  sizeBytes: number;
  changedAt: Date;
}

/**
 * `read-write`: the data itself. `copy`: the attempt's own writable copy of the snapshot, removed with the
 * attempt. It is mounted at the folder of the profile `mountedAs`, and is empty without a snapshot.
 */
export type LocalDataUse =
  | { workspaceId: string; profile: string; access: 'read-write' }
  | { workspaceId: string; profile: string; access: 'copy'; mountedAs: string };

/** The data that a workspace's runs of one profile share, and the user that owns it. */
export interface LocalDataPlace {
  installationId: string;
  workspaceId: string;
  profile: string;
  /** Uid of the workspace's runs. */
  uid: number;
}

/** The part of local data that a snapshot contains. */
export interface SnapshotExtent {
  /** A single entry; everything if undefined. */
  only?: string | undefined;
}

export interface AttemptSpec {
  attemptId: string;
  jobRunId: string;
  installationId: string;
  claimNumber: number;
  /** Base URL of the attempt routes. */
  attemptsUrl: string;
  /**
   * A unix socket with the same routes, for attempts on the server's machine. It is preferred over the URL.
   */
  attemptsSocket?: string;
  /** Passed to the bootstrap in a file that the bootstrap deletes; never as an argument or a variable. */
  bootstrapSecret: string;
  environment: EnvironmentLocation;
  /**
   * Name of the work folder. Every dlt trace shows it, so it is the workspace's name made safe for a path.
   */
  workFolderName: string;
  localData: LocalDataUse | null;
  /** Uid of the workspace's runs; used only if the server runs as root. */
  uid: number;
  limits: AttemptLimits;
  /**
   * `outgoing`: the attempt may open connections and accepts none. `apart`: an isolated network in which the
   * attempt also listens, without a password, and only its server connects to it.
   */
  network: 'outgoing' | 'apart';
}

/**
 * Resource limits of an attempt; null means unlimited. Executors report limits they cannot enforce in their
 * capabilities.
 */
export interface AttemptLimits {
  memoryBytes: number | null;
  /** Cores; a half is 0.5. */
  cpus: number | null;
  /** Maximum concurrent processes and threads. */
  processes: number | null;
}

/** Which memory ran out: that of the run's own `limit`, or that of the whole `machine`. */
export type OutOfMemory = 'limit' | 'machine';

export interface ExitFacts {
  code: number | null;
  signal: string | null;
  outOfMemory: OutOfMemory | null;
}

/**
 * `missing`: the executor can see the backend and the attempt does not exist (the only result that may fail a
 * run). `unknown`: this server cannot tell; ask again.
 */
export type AttemptInspection =
  | { state: 'running' }
  | { state: 'exited'; exit: ExitFacts }
  /** `detail` describes what is known about an end without an exit record. */
  | { state: 'missing'; detail?: string }
  | { state: 'unknown'; detail: string };

export interface ListedAttempt {
  attemptId: string;
  jobRunId: string;
  handle: AttemptHandle;
}

export type ExecutorErrorKind = 'image' | 'quota' | 'config' | 'backend';

/** A typed failure to start. `backend` may be retried; the others would fail again. */
export class ExecutorError extends Error {
  readonly kind: ExecutorErrorKind;
  constructor(kind: ExecutorErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ExecutorError';
    this.kind = kind;
  }
}

/** uv could not resolve or build the requirements; its output was passed to `onLine`. */
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
  /** Cores and memory of the machine that runs share. Null if currently unknown. */
  readMachine(): Promise<MachineResources | null>;
  /**
   * Builds the environment with the same isolation as a run. The caller holds the key's lock. Each call
   * builds in a new location, so two builders that both believe they hold the lock never touch each other's
   * files; the caller keeps one.
   * @throws EnvironmentBuildError
   */
  buildEnvironment(
    spec: EnvironmentSpec,
    onLine: (line: EnvironmentLine) => void,
    signal?: AbortSignal,
  ): Promise<EnvironmentLocation>;
  /**
   * Whether a stored location still exists and is complete. Work needed to answer, for example after an
   * upgrade, is reported to `onLine`.
   */
  hasEnvironment(location: EnvironmentLocation, onLine?: (line: EnvironmentLine) => void): Promise<boolean>;
  removeEnvironment(location: EnvironmentLocation): Promise<void>;
  /** Disk usage of an environment in bytes; 0 if it does not exist. */
  measureEnvironment(location: EnvironmentLocation): Promise<number>;
  /** Caches that builds keep for later builds, by organization. */
  listCaches(): Promise<ListedCache[]>;
  /**
   * Removes an organization's cache; later builds start a new one. Must not run during a build of that
   * organization.
   */
  removeCache(organizationId: string): Promise<void>;
  /** Packages shared by builds, with the disk space they use beyond environments. */
  listStoredPackages(): Promise<StoredPackage[]>;
  /**
   * Removes packages from the store. Environments keep their files; a build in progress fetches them again.
   */
  removeStoredPackages(ids: readonly string[]): Promise<void>;
  /**
   * Idempotent per attempt id: a second call returns the handle of the first.
   * @throws ExecutorError
   */
  start(spec: AttemptSpec): Promise<AttemptHandle>;
  /**
   * Tells an attempt the new address of its routes, because the server it was given may be gone or suspended.
   * Does nothing if the attempt cannot be reached.
   * @param notice written by the attempt's seal, because user code may be able to write to the same place
   */
  redirect(handle: AttemptHandle, notice: string): Promise<void>;
  /**
   * Connects to a port inside an attempt with an isolated network. Each side closes its half on its own, and
   * unread data slows the sender down. The connection closes with the attempt. Several servers may connect to
   * one attempt. After it is established, it never emits an unhandled `error`; a caller without an `error`
   * listener sees only `close`.
   * @param port below 32768: higher ports are used for outgoing connections
   * @throws ExecutorError backend, if nothing listens, or the attempt has no such network, has ended, or is
   * elsewhere
   */
  connect(handle: AttemptHandle, port: number): Promise<Duplex>;
  /**
   * Takes a snapshot of local data. No one may write to the data meanwhile: `isUntouched` is called when the
   * copy is complete, and the copy replaces the previous snapshot only if it returns true. In every other
   * case, including a crash, the previous snapshot stays. A crash leaves an orphaned partial copy, which the
   * next call also removes.
   * @returns the snapshot's size on disk; null if it was discarded
   * @throws ExecutorError backend, and whatever `isUntouched` throws
   */
  takeSnapshot(
    place: LocalDataPlace,
    isUntouched: () => Promise<boolean>,
    extent?: SnapshotExtent,
  ): Promise<{ sizeBytes: number } | null>;
  /**
   * Updates the copy of a running attempt to the snapshot. A changed file is replaced as a whole: processes
   * that have the old file open keep it, and the attempt's own changes are lost. Does nothing without a
   * snapshot.
   * @param place the origin of the snapshot with which the attempt was started
   * @throws ExecutorError backend, if the attempt does not run, is elsewhere, or has no copy
   */
  refreshCopy(handle: AttemptHandle, place: LocalDataPlace): Promise<void>;
  inspect(handle: AttemptHandle): Promise<AttemptInspection>;
  /**
   * Sends TERM, waits for the grace period, then sends TERM and KILL to the whole attempt. Resolves when the
   * attempt is confirmed gone. Idempotent; a missing attempt counts as gone.
   * @throws ExecutorError backend, when it is still there
   */
  stop(handle: AttemptHandle, options: { graceSeconds: number }): Promise<void>;
  /**
   * Removes everything the attempt left (folders, secrets, spool). Must not be called for a running attempt.
   */
  remove(handle: AttemptHandle): Promise<void>;
  /** All attempts of this installation that this executor can see, running or not. */
  list(): Promise<ListedAttempt[]>;
  /**
   * All resources of this installation that this executor can see, with or without an owner, including
   * incomplete ones and those of running attempts; none of another installation. Sizes take seconds if every
   * file must be checked.
   */
  listBelongings(options: { withSizes: boolean }): Promise<Belonging[]>;
  /**
   * Removes one resource; processes of an attempt are ended first. A resource that no longer exists is not an
   * error, and several servers may call this at once.
   * @throws ExecutorError backend, when it cannot be removed now; config for local data, which executors
   * never remove
   */
  removeBelonging(belonging: Pick<Belonging, 'kind' | 'id'>): Promise<void>;
  /** Reads the spool from an offset, at most `maxBytes`; null if the disk cannot be reached. */
  readSpool(handle: AttemptHandle, offset: number, maxBytes: number): Promise<Uint8Array | null>;
}
