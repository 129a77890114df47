import type { AccountSessionResponse, UserSessionResponse } from '@pumphouse/contract';
import type { ListedSession } from '../../store/records.ts';
import type { SignedIn } from '../../services/sign-in/sessions.ts';
import { toInstant } from '../serializers/instants.ts';

export function toUserSession({ userId, email, jwt, refreshToken }: SignedIn): UserSessionResponse {
  return { id: userId, email, jwt, refresh_token: refreshToken };
}

/** @param currentId the session of the caller's token */
export function toAccountSession(session: ListedSession, currentId: string | null): AccountSessionResponse {
  return {
    id: session.id,
    client: session.client,
    address: session.address,
    user_agent: session.userAgent,
    is_current: session.id === currentId,
    created_at: toInstant(session.createdAt),
    last_used_at: toInstant(session.lastUsedAt),
    expires_at: toInstant(session.expiresAt),
  };
}
