import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Principal } from '../services/sign-in/principal.ts';
import rateLimit from '@fastify/rate-limit';
import { rejectUnknownKind } from '../services/sign-in/principal.ts';
import { networkOf } from '../domain/primitives/network-of-address.ts';
import { ServiceError } from '../platform/service-error.ts';

export interface RequestLimit {
  /**
   * Counts a request for its key, session or run; one without a credential, for the address of the caller.
   * @throws ServiceError too_many_requests
   */
  count(request: FastifyRequest, principal: Principal): Promise<void>;
  /**
   * Counts a request whose credential was rejected for the address of the caller, separately, so that a program
   * with an expired key does not keep others at its address from signing in.
   * @throws ServiceError too_many_requests
   */
  countRejected(request: FastifyRequest): Promise<void>;
}

const windowMs = 60_000;
/** Beyond it, the callers that were quiet for longest start again from zero. */
const maxCallers = 10_000;

/**
 * Limits the requests that each caller sends to this server in a minute.
 * @param readMaxRequests read for each request, because a running server may get another limit; 0: no limit
 */
export function addRequestLimit(app: FastifyInstance, readMaxRequests: () => number = () => 0): RequestLimit {
  const callers = new WeakMap<FastifyRequest, string>();
  let check: ReturnType<FastifyInstance['createRateLimit']> | null = null;
  void app.register(rateLimit, {
    // Only the API counts requests, and only once it knows the caller.
    global: false,
    max: readMaxRequests,
    timeWindow: windowMs,
    cache: maxCallers,
    keyGenerator: (request) => callers.get(request) ?? '',
  });
  app.addHook('onReady', async () => void (check = app.createRateLimit()));

  async function countFor(caller: string, request: FastifyRequest): Promise<void> {
    const maxRequests = readMaxRequests();
    if (maxRequests === 0) return;
    if (!check) throw new Error('A request arrived before the server was ready');
    callers.set(request, caller);
    const result = await check(request);
    if (!result.isAllowed && result.isExceeded) throw tooManyRequests(maxRequests, result.ttlInSeconds);
  }

  return {
    count: (request, principal) => countFor(nameCaller(principal, request), request),
    countRejected: (request) => countFor(`rejected ${nameNetwork(request)}`, request),
  };
}

/** A client that has disconnected has no address any more, although its type says so. */
function nameNetwork({ ip }: { ip?: string }): string {
  return ip === undefined ? 'unknown' : networkOf(ip);
}

function nameCaller(principal: Principal, request: FastifyRequest): string {
  switch (principal.kind) {
    case 'user': {
      const { credential, userId } = principal;
      return credential ? `${credential.kind} ${credential.id}` : `user ${userId}`;
    }
    case 'run':
      return `attempt ${principal.attemptId}`;
    case 'anonymous':
      return `address ${nameNetwork(request)}`;
    default:
      return rejectUnknownKind(principal);
  }
}

function tooManyRequests(maxRequests: number, retryAfterSeconds: number): ServiceError {
  return new ServiceError(
    'too_many_requests',
    `You sent more than ${maxRequests} requests in a minute. Try again in ${retryAfterSeconds} s.`,
    { retry_after_seconds: retryAfterSeconds },
  );
}
