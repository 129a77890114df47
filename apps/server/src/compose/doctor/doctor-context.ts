import type { CheckId, Finding } from '../../domain/doctor/check-result.ts';
import type { Config } from '../../config/config.ts';
import type { Persistence } from '../../store/store.ts';
import type { ProbeResult } from '../../executors/contract/backend.ts';

/** What the checks look at. */
export interface DoctorContext {
  config: Config;
  /** The database as it is, or why it cannot be read. */
  database: Persistence | Finding;
  /** Null for the command, which is not the server. */
  server: RunningServerParts | null;
}

/** What only a running server can look at. */
export interface RunningServerParts {
  probeExecutor(): Promise<ProbeResult>;
  /** Returns what prevents runs from reaching this server; null if nothing does. */
  findRunsProblem(): Promise<string | null>;
  /** The port that the server listens on. */
  readPort(): number;
}

/** Looks at the machine. The signal is aborted when the result is too late: started programs end then. */
export type Look = (signal: AbortSignal) => Promise<Finding>;

/** A look for each of these checks. */
export type Looks<Ids extends CheckId> = Record<Ids, Look>;

export function isDatabaseOpen(database: DoctorContext['database']): database is Persistence {
  return 'store' in database;
}

/** The installation of the database; null if it cannot be read, or has no schema yet. */
export async function readInstallation({ database }: DoctorContext) {
  if (!isDatabaseOpen(database)) return null;
  return database.store.installation.get().catch(() => null);
}
