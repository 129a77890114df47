import { asObject } from '@pumphouse/contract';

/** What the command reads from an access token. The server verifies the token; this only decodes it. */
export interface TokenClaims {
  email: string;
  userId: string;
  /** Seconds since 1970; undefined if the token does not expire on its own. */
  expiresAt: number | undefined;
}

/** Tokens this close to their expiry are refreshed first, so that no call races it. */
const marginSeconds = 60;

/** Decodes an access token; null if it is not a JWT of a server. */
export function decodeAccessToken(token: string): TokenClaims | null {
  try {
    const [, payload = ''] = token.split('.');
    const { email, sub, exp } = asObject(JSON.parse(Buffer.from(payload, 'base64url').toString()));
    if (typeof email !== 'string' || typeof sub !== 'string') return null;
    return { email, userId: sub, expiresAt: typeof exp === 'number' ? exp : undefined };
  } catch {
    return null;
  }
}

/** Whether a token has expired or soon will; true for something that is not a token. */
export function isExpiring(token: string, nowMs = Date.now()): boolean {
  const claims = decodeAccessToken(token);
  if (claims === null) return true;
  return claims.expiresAt !== undefined && claims.expiresAt - marginSeconds <= nowMs / 1000;
}
