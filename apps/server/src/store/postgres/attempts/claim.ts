/** A claim of this server: writes of a supervisor apply only while the number is still the run's. */
export interface Claim {
  jobRunId: string;
  claimNumber: number;
}
