import type { RequestFailure } from '../../cluster-faults.ts';
import { StatusError, tooManyRequests } from './status-error.ts';

/** Failures that tests ordered for the next requests. */
export class RequestFaults {
  #pending: (RequestFailure & { left: number })[] = [];

  add(failure: RequestFailure): void {
    this.#pending.push({ ...failure, left: failure.times ?? 1 });
  }

  /** The failure that a request is to have, which is used up by it. */
  take(method: string, path: string): RequestFailure | null {
    const found = this.#pending.find((one) => one.method === method && one.path.test(path));
    if (found === undefined) return null;
    found.left -= 1;
    this.#pending = this.#pending.filter(({ left }) => left > 0);
    return found;
  }
}

const texts = {
  401: ['Unauthorized', 'Unauthorized'],
  403: ['Forbidden', 'forbidden by a test'],
  404: ['NotFound', 'the server could not find the requested resource'],
  409: ['Conflict', 'Operation cannot be fulfilled: the object has been modified'],
  500: ['InternalError', 'Internal error occurred: etcdserver: leader changed'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: ['Timeout', 'Timeout: request did not complete within the requested timeout'],
} as const;

/** The error of a failure that is an HTTP status. */
export function errorOf(code: 429 | keyof typeof texts, retryAfterSeconds = 1): StatusError {
  if (code === 429) return tooManyRequests(retryAfterSeconds);
  const [reason, message] = texts[code];
  const details = code === 503 ? { details: { retryAfterSeconds } } : {};
  return new StatusError({ code, reason, message, ...details });
}
