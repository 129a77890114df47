/** A claim that this server holds: writes of a supervisor count only while the number is still the run's. */
export interface Claim {
  jobRunId: string;
  claimNumber: number;
}
