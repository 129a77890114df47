import type { ErrorCode } from '@pumphouse/contract';

/** An error that the caller can understand: a stable code, what is wrong and what to do next. */
export class ServiceError extends Error {
  readonly code: ErrorCode;
  readonly extra: unknown;

  constructor(code: ErrorCode, detail: string, extra?: unknown) {
    super(detail);
    this.name = 'ServiceError';
    this.code = code;
    this.extra = extra;
  }
}
