/** The meaning of a stable error code: its HTTP status, the cause, and the next step for the reader. */
export interface ErrorCodeMeaning {
  status: number;
  cause: string;
  nextStep: string;
}
