/**
 * What has imported dlt for the runs of one workspace, profile and environment: a process from which they are
 * forked, or the container that waits for the next one.
 */
export interface TemplateStatus {
  workspaceId: string;
  profile: string;
  /** The environment's location. */
  environment: string;
  startedAt: Date;
  lastUsedAt: Date;
  /** Runs served so far. */
  runs: number;
  /** Memory of the template and its prepared runs. */
  memoryBytes: number;
}

/** Templates that an executor starts and uses on its own. */
export interface TemplateStore {
  /** Ends templates that are old, idle, out of date or beyond the memory for templates. */
  review(): Promise<void>;
  /** Templates that serve runs. */
  list(): TemplateStatus[];
  /** Why the last template could not be started; null if it could. */
  describeProblem(): string | null;
  /** Ends all templates. Their runs go on. */
  close(): Promise<void>;
}
