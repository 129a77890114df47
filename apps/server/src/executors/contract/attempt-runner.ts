import type { InstanceSize } from '../../domain/jobs/job-definition.ts';
import type { RunFailureCode } from '../../domain/runs/run-failures.ts';
import type { AttemptHandle } from './attempt-handle.ts';
import type { EnvironmentLocation } from './environment-builder.ts';
import type { LocalDataUse } from './local-data-store.ts';

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
  /** The size that `limits` belong to. */
  instanceSize: InstanceSize;
  /** Time that user code has to end after a stop signal. */
  graceSeconds: number;
  /** The supervisor ends an attempt after this time; null or 0 for none. */
  timeoutSeconds: number | null;
  /**
   * `outgoing`: the attempt may open connections and accepts none. `isolated`: the attempt also listens,
   * without a password, and only its server can connect to it.
   */
  network: 'outgoing' | 'isolated';
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

export interface ExitDetails {
  code: number | null;
  signal: string | null;
  outOfMemory: OutOfMemory | null;
}

/**
 * `missing`: the executor can see the backend and the attempt does not exist (the only result that may fail a
 * run). `unknown`: this server cannot tell; ask again.
 */
export type AttemptInspection =
  /** `waitsFor` describes why it was started and its process does not run yet. */
  | { state: 'running'; waitsFor?: string }
  | { state: 'exited'; exit: ExitDetails }
  /** `detail` describes what is known about an end without an exit record, and `code` its kind. */
  | { state: 'missing'; detail?: string; code?: RunFailureCode }
  | { state: 'unknown'; detail: string };

export interface ListedAttempt {
  attemptId: string;
  jobRunId: string;
  handle: AttemptHandle;
}

/** Runs attempts, which outlive the server that started them. */
export interface AttemptRunner {
  /** Recorded with each attempt and environment. */
  readonly name: string;
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
  /** Reads the spool from an offset, at most `maxBytes`; null if the disk cannot be reached. */
  readSpool(handle: AttemptHandle, offset: number, maxBytes: number): Promise<Uint8Array | null>;
}
