import type { ErrorCode, ErrorResponse } from '@pumphouse/contract';
import type { z } from 'zod';
import { describeUnwritable } from '../domain/doctor/data-folder-findings.ts';
import { errorCodeOf } from '../platform/error-code.ts';
import { isPlainObject } from '../domain/primitives/plain-object.ts';
import { errorCodes } from '@pumphouse/contract';
import { ArchiveError } from '../archives/archive-error.ts';
import { BlobStoreError } from '../blobs/blob-store.ts';
import { isDiskFull } from '../platform/full-disk.ts';
import { isStoreAbsent } from '../store/store-absence.ts';
import { ServiceError } from '../platform/service-error.ts';

/** Codes of the file system: requests write only to the data folder. */
const unwritableCodes = new Set(['EROFS', 'EACCES', 'EPERM']);

/** The response to an error. */
export interface ErrorAnswer {
  status: number;
  body: ErrorResponse;
  /** Whether the server itself failed, so that the error belongs in its log. */
  isUnexpected: boolean;
  /** When to retry, if known. */
  retryAfterSeconds?: number;
}

/** A server failure that callers must treat as temporary; `cause` holds the original error. */
export class PassingError extends Error {
  override readonly name = 'PassingError';
}

/** One invalid field of a rejected request, as listed in the `extra` of the response. */
export interface FieldReason {
  key: string;
  message: string;
}

/**
 * Converts any error to the JSON that the contract declares. Unexpected errors reveal only where to look them
 * up.
 */
export function toErrorAnswer(error: unknown, requestId: string): ErrorAnswer {
  if (error instanceof ServiceError)
    return { ...answer(error.code, error.message, error.extra), ...readRetryAfter(error.extra) };
  if (error instanceof ArchiveError) return answer(error.code, error.detail);
  if (error instanceof PassingError)
    return { ...answer('unavailable', 'The server failed; try again.'), isUnexpected: true };
  if (isStoreAbsent(error))
    return { ...answer('unavailable', 'The store does not answer; try again.'), isUnexpected: true };
  if (error instanceof BlobStoreError)
    return {
      ...answer('unavailable', 'The store of packages and logs does not answer; try again.'),
      isUnexpected: true,
    };
  if (isDiskFull(error)) return { ...answer('disk_full', errorCodes.disk_full.cause), isUnexpected: true };
  const code = errorCodeOf(error);
  if (code !== undefined && unwritableCodes.has(code))
    return { ...answer('unavailable', describeUnwritable(code)), isUnexpected: true };
  const status = readStatus(error);
  if (error instanceof Error && status !== null) return answer(codeOfStatus(status), describe(error, status));
  const detail = `The server failed. Its log has the reason under the request id ${requestId}.`;
  return { ...answer('internal', detail, { request_id: requestId }), isUnexpected: true };
}

/**
 * Creates an `invalid_request` error that names the fields.
 * @param part such as `query`
 */
export function refuseFields(part: string, error: z.ZodError): ServiceError {
  const reasons: FieldReason[] = error.issues.map((issue) => ({
    key: issue.path.map(String).join('.') || part,
    message: issue.message,
  }));
  const [first] = reasons;
  const detail = first
    ? `The ${part} is not valid: ${first.key}: ${first.message}.`
    : `The ${part} is not valid.`;
  return new ServiceError('invalid_request', detail, reasons);
}

/** The body of an error without an exception, such as an unknown path. */
export function errorBody(code: ErrorCode, detail: string, extra?: unknown): ErrorResponse {
  return { code, detail, status_code: errorCodes[code].status, ...(extra === undefined ? {} : { extra }) };
}

function answer(code: ErrorCode, detail: string, extra?: unknown): ErrorAnswer {
  return { status: errorCodes[code].status, body: errorBody(code, detail, extra), isUnexpected: false };
}

/** Reads when to retry from the `extra` of an error, if it is known. */
export function readRetryAfter(extra: unknown): Pick<ErrorAnswer, 'retryAfterSeconds'> {
  const seconds = isPlainObject(extra) ? extra['retry_after_seconds'] : undefined;
  return typeof seconds === 'number' ? { retryAfterSeconds: seconds } : {};
}

/** Errors of fastify and its plugins carry a status; only client errors (4xx) are passed on. */
function readStatus(error: unknown): number | null {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : null;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : null;
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 404) return 'not_found';
  if (status === 413) return 'upload_too_large';
  // The multipart parser reports 406 for a body that is not multipart.
  return status === 415 || status === 406 ? 'unsupported_media_type' : 'invalid_request';
}

function describe(error: Error, status: number): string {
  if (status === 413) return 'The body is larger than the limit of this operation.';
  return error.message.endsWith('.') ? error.message : `${error.message}.`;
}
