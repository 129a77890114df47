/** Errors in transit between threads, where they lose their classes and most of their fields. */
import { errorCodeOf } from '../../../platform/error-code.ts';
import { ArchiveError, type ArchiveErrorCode } from '../../../archives/archive-error.ts';
import { ServiceError } from '../../../platform/service-error.ts';

export type PackedError =
  | { kind: 'archive'; code: ArchiveErrorCode; message: string }
  | { kind: 'service'; code: ServiceError['code']; message: string; extra: unknown }
  | { kind: 'unknown'; error: unknown; code: unknown };

export function packError(error: unknown): PackedError {
  if (error instanceof ServiceError)
    return { kind: 'service', code: error.code, message: error.message, extra: error.extra };
  if (error instanceof ArchiveError) return { kind: 'archive', code: error.code, message: error.message };
  return { kind: 'unknown', error, code: errorCodeOf(error) };
}

export function unpackError(packed: PackedError): unknown {
  if (packed.kind === 'service') return new ServiceError(packed.code, packed.message, packed.extra);
  if (packed.kind === 'archive') return new ArchiveError(packed.code, packed.message);
  const { error, code } = packed;
  return error instanceof Error && code !== undefined ? Object.assign(error, { code }) : error;
}
