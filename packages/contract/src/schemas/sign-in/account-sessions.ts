import { z } from 'zod';
import { responseObject, timestamp, uuid } from '../primitives.ts';

export const accountSessionResponse = responseObject('AccountSessionResponse', {
  id: uuid,
  client: z.string(),
  address: z.string().nullable(),
  user_agent: z.string().nullable(),
  is_current: z.boolean(),
  created_at: timestamp,
  last_used_at: timestamp,
  expires_at: timestamp,
});
export type AccountSessionResponse = z.output<typeof accountSessionResponse>;

export const accountSessionsResponse = responseObject('AccountSessionsResponse', {
  sessions: z.array(accountSessionResponse),
});

export const revokedSessionsResponse = responseObject('RevokedSessionsResponse', { revoked: z.int() });
