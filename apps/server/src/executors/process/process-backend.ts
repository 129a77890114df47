/** The machine on which attempts run as processes, and what this server may use of it. */
import { isAbsolute } from 'node:path';
import { ExecutorError } from '../contract/executor-error.ts';
import type { AttemptLimits } from '../contract/attempt-runner.ts';
import { openControlGroups, type ControlGroups } from './control-groups.ts';
import type { RunsNetwork } from './isolated-network.ts';
import { decideIsolation, type Isolation } from './isolation.ts';
import type { PythonDownloads } from './python-interpreter.ts';
import { noFaultPoints, type FaultPoints } from '../../platform/fault-points.ts';

export interface ExecutorLog {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
}

export interface ProcessExecutorOptions {
  /** Absolute path. */
  dataDir: string;
  /** The folder python/pumphouse_bootstrap. */
  bootstrapDir: string;
  /** Python 3.10 or newer, for the bootstrap. */
  pythonPath: string;
  uvPath: string;
  /** Null if bubblewrap is not installed. */
  bwrapPath: string | null;
  /**
   * Null if pasta is not installed: apps are rejected then, and so are runs, unless they share the machine's
   * network.
   */
  pastaPath: string | null;
  runsNetwork: RunsNetwork;
  allowUnisolated: boolean;
  installationId: string;
  /** Resource limits of an environment build. */
  buildLimits: AttemptLimits;
  /** Folders to search for interpreters, in PATH format. */
  searchPath?: string;
  /** Null by default. */
  pythonDownloads?: PythonDownloads;
  /** Memory of all templates together; 0 starts every run cold. */
  templatesBytes: number;
  faultPoints?: FaultPoints;
  log: ExecutorLog;
}

/** What the parts of the executor share. */
export interface ProcessBackend extends ProcessExecutorOptions {
  /** Null means that nothing may run. */
  isolation: Isolation | null;
  controlGroups: ControlGroups;
  faultPoints: FaultPoints;
}

/** @throws Error when the data folder is not an absolute path */
export function openProcessBackend(options: ProcessExecutorOptions): ProcessBackend {
  const { dataDir, faultPoints = noFaultPoints } = options;
  if (!isAbsolute(dataDir)) throw new Error(`The data folder must be an absolute path, not ${dataDir}.`);
  return {
    ...options,
    isolation: decideIsolation({ ...options, serverUid: process.getuid?.() ?? 0 }),
    controlGroups: openControlGroups(options.installationId),
    faultPoints,
  };
}

/** @throws ExecutorError config when nothing may run */
export function requireIsolation(backend: ProcessBackend): ProcessBackend & { isolation: Isolation } {
  const { isolation } = backend;
  if (isolation !== null) return { ...backend, isolation };
  throw new ExecutorError(
    'config',
    'bubblewrap is not installed and runs without isolation are not allowed on this server.',
  );
}
