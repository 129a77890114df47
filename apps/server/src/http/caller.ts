import type { Actor } from '../services/audit/audit.ts';
import type { Principal } from '../services/sign-in/credentials.ts';
import type { FastifyRequest } from 'fastify';
import { ServiceError } from '../platform/service-error.ts';

/** The principal of a request without a credential. */
export const nobody: Principal = {
  userId: '',
  email: '',
  credential: null,
  workspaceId: null,
  kind: 'run',
};

/** Returns the actor to record for changes that a request makes. */
export function actorOf(request: FastifyRequest, principal: Principal): Actor {
  const { kind, userId, email, credential } = principal;
  const caller = strangerAt(request);
  if (kind === 'run') return { ...caller, kind: principal === nobody ? 'nobody' : 'run' };
  const isKey = credential?.kind === 'key';
  return { ...caller, kind: isKey ? 'key' : 'person', userId, email, keyId: isKey ? credential.id : null };
}

/** Returns the actor of a request that is not authenticated yet. */
export function strangerAt({ ip, headers }: FastifyRequest): Actor {
  const userAgent = headers['user-agent']?.slice(0, 300) ?? null;
  return { kind: 'nobody', userId: null, email: null, keyId: null, address: ip, userAgent };
}

/** @throws ServiceError not_authenticated if the request has no bearer token */
export function readBearer(request: FastifyRequest): string {
  const [scheme, token] = request.headers.authorization?.split(' ') ?? [];
  if (scheme?.toLowerCase() !== 'bearer' || !token) {
    throw new ServiceError('not_authenticated', 'Send a key or token as `Authorization: Bearer <token>`.');
  }
  return token;
}
