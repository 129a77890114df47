import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Principal } from '../services/sign-in/credentials.ts';
import rateLimit from '@fastify/rate-limit';
import { networkOf } from '../domain/primitives/network-of-address.ts';
import { ServiceError } from '../platform/service-error.ts';

export interface RequestLimit {
  /**
   * Counts a request for its key, session or run; without a principal, for the address of the caller.
   * @throws ServiceError too_many_requests
   */
  count(request: FastifyRequest, principal: Principal | null): Promise<void>;
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
 * @param maxRequests 0: no limit
 */
export function addRequestLimit(app: FastifyInstance, maxRequests: number): RequestLimit {
  if (maxRequests === 0) return { count: async () => undefined, countRejected: async () => undefined };
  const callers = new WeakMap<FastifyRequest, string>();
  let check: ReturnType<FastifyInstance['createRateLimit']> | null = null;
  void app.register(rateLimit, {
    // Only the API counts requests, and only once it knows the caller.
    global: false,
    max: maxRequests,
    timeWindow: windowMs,
    cache: maxCallers,
    keyGenerator: (request) => callers.get(request) ?? '',
  });
  app.addHook('onReady', async () => void (check = app.createRateLimit()));

  async function countFor(caller: string, request: FastifyRequest): Promise<void> {
    if (!check) throw new Error('A request arrived before the server was ready');
    callers.set(request, caller);
    const result = await check(request);
    if (!result.isAllowed && result.isExceeded) throw tooManyRequests(maxRequests, result.ttlInSeconds);
  }

  return {
    count: (request, principal) =>
      countFor(principal ? nameCaller(principal) : `address ${networkOf(request.ip)}`, request),
    countRejected: (request) => countFor(`rejected ${networkOf(request.ip)}`, request),
  };
}

function nameCaller({ credential, attemptId }: Principal): string {
  return credential ? `${credential.kind} ${credential.id}` : `attempt ${attemptId ?? ''}`;
}

function tooManyRequests(maxRequests: number, retryAfterSeconds: number): ServiceError {
  return new ServiceError(
    'too_many_requests',
    `You sent more than ${maxRequests} requests in a minute. Try again in ${retryAfterSeconds} s.`,
    { retry_after_seconds: retryAfterSeconds },
  );
}
