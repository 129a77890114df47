/** Tokens of a new session. */
export interface NewSession {
  email: string;
  jwt: string;
  refresh_token: string;
}
