import type { MachineResources } from '../../domain/runs/capacity.ts';

/** What this server can do on the backend at present. */
export interface ExecutorCapabilities {
  memoryLimit: boolean;
  /** The attempt's files are isolated from the server and from other attempts. */
  isolated: boolean;
  /** Apps can be started on this machine. Never without an `AppConnector`. */
  interactive: boolean;
  /**
   * The executor has no disk that keeps local data: attempts download it from the server and commit their
   * changes. The executor's `LocalDataStore` is not used.
   */
  localDataInObjects: boolean;
}

/** `ok: false` carries a reason that tells an operator what to do. */
export type ProbeResult = { ok: true; detail: string } | { ok: false; detail: string };

/** The machine or engine on which attempts run. */
export interface Backend {
  capabilities(): ExecutorCapabilities;
  probe(): Promise<ProbeResult>;
  /**
   * Why no further run should start now, although the machine's resources would allow it; null if runs may start.
   * Answers at once, from what is known.
   */
  describePressure(): string | null;
  /** Checks in milliseconds whether something keeps every run from starting; a sentence, or null. */
  findObstacle(): Promise<string | null>;
  /** Cores and memory of the machine that runs share. Null if currently unknown. */
  readMachine(): Promise<MachineResources | null>;
}
