import { z } from 'zod';
import { localDataLimits } from '../../domain/local-data/local-data-limits.ts';
import { refuseFields } from '../../http/errors.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** @throws ServiceError invalid_request, with the wrong fields */
export function parse<Schema extends z.ZodType>(
  part: string,
  schema: Schema,
  value: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw refuseFields(part, parsed.error);
  return parsed.data;
}

/** Reads a body that is JSON. @throws ServiceError invalid_request */
export function readJson(body: unknown): unknown {
  try {
    return JSON.parse(Buffer.isBuffer(body) ? body.toString() : '') as unknown;
  } catch {
    throw new ServiceError('invalid_request', 'The body is not JSON.');
  }
}

const maxPartsOfCall = 256;

/** Sizes of contents that follow each other in a body: `4,19`. */
export const partSizes = z
  .string()
  .regex(/^\d{1,9}(?:,\d{1,9})*$/)
  .transform((text) => text.split(',').map(Number))
  .pipe(z.array(z.int().min(1).max(localDataLimits.partBytes)).max(maxPartsOfCall));

/** Cuts a body into contents. @throws ServiceError invalid_request */
export function cutContents(body: Buffer, sizes: readonly number[]): Buffer[] {
  let at = 0;
  const contents = sizes.map((size) => body.subarray(at, (at += size)));
  if (at === body.length) return contents;
  throw new ServiceError('invalid_request', 'The sizes are not those of the body.');
}
