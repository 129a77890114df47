import { ExecutorError, type ExecutorErrorKind } from '../contract/executor-error.ts';
import type { Status } from './kube-objects.ts';

/** An answer of the API server that rejects a request, or no answer. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
  /** The HTTP status; 0 without an answer. */
  readonly status: number;
  readonly reason: string;
  readonly retryAfterSeconds: number | null;

  constructor(status: number, body: Status, options?: ErrorOptions & { retryAfterSeconds?: number | null }) {
    super(body.message ?? body.reason ?? `HTTP ${status}`, options);
    this.status = status;
    this.reason = body.reason ?? '';
    this.retryAfterSeconds = options?.retryAfterSeconds ?? body.details?.retryAfterSeconds ?? null;
  }
}

const hasStatus = (error: unknown, status: number): boolean =>
  error instanceof ClusterError && error.status === status;

export const isMissing = (error: unknown): boolean => hasStatus(error, 404);
export const isConflict = (error: unknown): boolean => hasStatus(error, 409);
export const isForbidden = (error: unknown): boolean => hasStatus(error, 403);
/** A resource version that the server no longer has. */
export const isExpired = (error: unknown): boolean => hasStatus(error, 410);

/** Null if the object does not exist. */
export async function orNull<Result>(work: Promise<Result>): Promise<Result | null> {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

export function messageOf(error: unknown): string {
  if (error instanceof Error && error.cause instanceof Error)
    return `${error.message}: ${error.cause.message}`;
  return error instanceof Error ? error.message : String(error);
}

/** Converts an error of the cluster to the executor's. Errors of the executor stay. */
export function asExecutorError(error: unknown, doing: string, kind: ExecutorErrorKind = 'backend'): Error {
  if (!(error instanceof ClusterError)) return error instanceof Error ? error : new Error(String(error));
  return new ExecutorError(kind, `${doing}: ${messageOf(error)}`, { cause: error });
}
