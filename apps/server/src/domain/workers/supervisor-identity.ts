/** Who drives runs, and which of them it may claim. Pure. */

/** Which runs a supervisor may claim. */
export interface ClaimScope {
  /** Null: of every organization. */
  organizationId: string | null;
  /** It claims runs that require no other labels. */
  labels: Record<string, string>;
}

/** A supervisor as the owner of claims. */
export interface SupervisorIdentity extends ClaimScope {
  owner: string;
  /** The worker that executes its runs; null: its server does. */
  workerId: string | null;
}

/** Identifies a supervisor whose server executes runs of every organization, of jobs that require no labels. */
export function identifyServer(owner: string): SupervisorIdentity {
  return { owner, workerId: null, organizationId: null, labels: {} };
}
