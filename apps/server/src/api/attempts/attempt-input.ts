import type { z } from 'zod';
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
