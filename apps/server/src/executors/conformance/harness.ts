/** What an executor's tests provide to the conformance suite. */
import type { AttemptHandle } from '../contract/attempt-handle.ts';
import type { AttemptSpec } from '../contract/attempt-runner.ts';
import type { EnvironmentSpec } from '../contract/environment-builder.ts';
import type { ExecutorErrorKind } from '../contract/executor-error.ts';
import type { Executor } from '../executor.ts';
import type { Resource } from '../../domain/retention/resource.ts';

/**
 * User code that runs until it is told to end. `ends-on-term` exits with 3 a moment after SIGTERM.
 * `leaves-child` does the same, and starts a child in its own session that ignores signals.
 */
export type AttemptBehaviour = 'ends-on-term' | 'ignores-term' | 'leaves-child';

export interface ConformanceHarness {
  /** False if the server cannot read the attempts' disk. */
  readonly reachesSpool: boolean;
  /** True if environments are archives, which the server keeps and removes. */
  readonly serverKeepsEnvironments?: boolean;
  /** Pythons of environments that can be built in these tests; all that are listed unless given. */
  readonly pythons?: readonly string[];
  /** Called once with the executor of the tests, before they run. */
  warmUp?(executor: Executor): Promise<void>;
  /** Creates an executor on the same backend and installation, as a restarted server would. */
  createExecutor(): Executor;
  /** Creates a new attempt specification on each call. */
  createSpec(behaviour: AttemptBehaviour): Promise<AttemptSpec>;
  /**
   * Creates the specification of an app that echoes on `appPort` of each of its addresses. It reports its
   * start when it listens.
   */
  createAppSpec(): Promise<AttemptSpec>;
  /**
   * Starts another attempt that tries every address the app has or could have.
   * @returns the addresses that responded
   */
  reachFromAnotherAttempt(app: AttemptSpec, network: AttemptSpec['network']): Promise<string[]>;
  /**
   * Creates a specification of `localDataProgram` with these steps in a profile's folder, without local data;
   * null if the executor runs no user code.
   */
  createLocalDataSpec(steps: unknown[], folder: string): Promise<AttemptSpec | null>;
  /** What user code has reported. */
  awaitReport(spec: AttemptSpec): Promise<unknown>;
  /** A specification that can never start, and the expected kind of error. */
  createUnstartableSpec(): Promise<{ spec: AttemptSpec; kind: ExecutorErrorKind }>;
  /** A specification of a buildable environment, with a new key on each call. */
  createEnvironmentSpec(): Promise<EnvironmentSpec>;
  /** Resolves when the attempt's user code runs. */
  awaitUserCode(spec: AttemptSpec): Promise<void>;
  /** How often the attempt's user code was started. */
  countUserCodeStarts(spec: AttemptSpec): number;
  /** Tells user code to exit. */
  finish(spec: AttemptSpec, code: number): Promise<void>;
  /** Makes the attempt disappear without an exit record, as the out-of-memory killer would. */
  vanish(handle: AttemptHandle): Promise<void>;
  /** The handle that the attempt would have on another machine. */
  moveElsewhere(handle: AttemptHandle): AttemptHandle;
  /** Running processes of the attempt, found independently of the executor. */
  listProcesses(spec: AttemptSpec): Promise<number[]>;
  /**
   * Creates the resources that a server leaves behind when it is killed during a start. Nothing runs, and no
   * attempt is listed yet. `other` uses another installation on the same backend.
   */
  leaveBehind(installation: 'own' | 'other'): Promise<LeftBehind>;
  close(): Promise<void>;
}

export interface LeftBehind {
  attemptId: string;
  /** The id the executor uses for the resource, or would use if it owned it. */
  kind: Resource['kind'];
  id: string;
  /** Checked independently of the executor. */
  isThere(): Promise<boolean>;
}
