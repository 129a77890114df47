/** What an executor's tests give to the suite. */
import type {
  AttemptHandle,
  AttemptSpec,
  EnvironmentSpec,
  Executor,
  ExecutorErrorKind,
} from '../executor.ts';
import type { Belonging } from '../../domain/retention/belonging.ts';

/**
 * User code that runs until it is told to end.
 * `ends-on-term`: takes a moment after SIGTERM, then exits with 3. `leaves-child`: the same, and has started a child in a
 * session of its own that ends for nobody.
 */
export type AttemptBehaviour = 'ends-on-term' | 'ignores-term' | 'leaves-child';

export interface ConformanceHarness {
  /** False where the attempts' disk is out of the server's reach. */
  readonly reachesSpool: boolean;
  /** An executor over the same place and installation at each call, as a restarted server would make it. */
  createExecutor(): Executor;
  /** A specification of an attempt that no call has given before. */
  createSpec(behaviour: AttemptBehaviour): Promise<AttemptSpec>;
  /** A specification of an app that sends back what it gets, on `appPort` of each of its addresses; it runs when it listens. */
  createAppSpec(): Promise<AttemptSpec>;
  /** Starts another attempt that tries each address which the app has or could have. @returns those at which it got an answer */
  reachFromAnotherAttempt(app: AttemptSpec, network: AttemptSpec['network']): Promise<string[]>;
  /**
   * A specification of `localDataProgram` with these steps in the folder of a profile, still without local data; null where no
   * user code is run.
   */
  createLocalDataSpec(steps: unknown[], folder: string): Promise<AttemptSpec | null>;
  /** What user code has reported. */
  awaitReport(spec: AttemptSpec): Promise<unknown>;
  /** A specification that can never start, and the kind of error that says so. */
  createUnstartableSpec(): Promise<{ spec: AttemptSpec; kind: ExecutorErrorKind }>;
  /** A specification of an environment that can be built, with a key that no call has given before. */
  createEnvironmentSpec(): Promise<EnvironmentSpec>;
  /** Resolves when the attempt's user code runs. */
  awaitUserCode(spec: AttemptSpec): Promise<void>;
  /** How often user code of the attempt has been started. */
  countUserCodeStarts(spec: AttemptSpec): number;
  /** Tells user code to exit. */
  finish(spec: AttemptSpec, code: number): Promise<void>;
  /** Makes the attempt disappear without a last word, as a machine's out-of-memory killer would. */
  vanish(handle: AttemptHandle): Promise<void>;
  /** The handle that an attempt on another machine would have. */
  moveElsewhere(handle: AttemptHandle): AttemptHandle;
  /** Processes of the attempt that run now, seen by other means than the executor's own. */
  listProcesses(spec: AttemptSpec): Promise<number[]>;
  /**
   * Makes what a server of this or of another installation on the same backend leaves that is killed in the middle of a start:
   * nothing runs, and there is no attempt to list yet.
   */
  leaveBehind(installation: 'own' | 'other'): Promise<LeftBehind>;
  close(): Promise<void>;
}

export interface LeftBehind {
  attemptId: string;
  /** How the executor calls it, or would if it were its own. */
  kind: Belonging['kind'];
  id: string;
  /** Looked at by other means than the executor's own. */
  isThere(): Promise<boolean>;
}
