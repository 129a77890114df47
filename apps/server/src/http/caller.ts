import type { Actor } from '../services/audit/audit.ts';
import type { Principal } from '../services/sign-in/principal.ts';
import type { FastifyRequest } from 'fastify';
import { credentialRequired, rejectUnknownKind } from '../services/sign-in/principal.ts';

/** Returns the actor to record for changes that a request makes. */
export function actorOf(request: FastifyRequest, principal: Principal): Actor {
  const caller = strangerAt(request);
  switch (principal.kind) {
    case 'user': {
      const { userId, email, credential } = principal;
      const isKey = credential?.kind === 'key';
      return {
        ...caller,
        kind: isKey ? 'key' : 'person',
        userId,
        email,
        keyId: isKey ? credential.id : null,
      };
    }
    case 'run':
      return { ...caller, kind: 'run' };
    case 'anonymous':
      return caller;
    default:
      return rejectUnknownKind(principal);
  }
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
    throw credentialRequired();
  }
  return token;
}
