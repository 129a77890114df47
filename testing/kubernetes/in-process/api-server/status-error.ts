import { qualifiedKind, qualifiedResource, type ResourceType } from './kube-object.ts';

/** The Status object with which Kubernetes answers what it refuses. */
export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: { continue?: string };
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code?: number;
}

interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

interface Failure {
  code: number;
  reason: string;
  message: string;
  details?: StatusDetails;
}

/** A refusal by the API server. */
export class StatusError extends Error {
  readonly status: Status;

  constructor({ code, reason, message, details }: Failure) {
    super(message);
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason,
      ...(details && { details }),
      code,
    };
  }
}

const detailsOf = ({ group, resource }: ResourceType, name: string): StatusDetails => ({
  ...(name !== '' && { name }),
  ...(group !== '' && { group }),
  kind: resource,
});

export const notFound = (type: ResourceType, name: string) =>
  new StatusError({
    code: 404,
    reason: 'NotFound',
    message: `${qualifiedResource(type)} "${name}" not found`,
    details: detailsOf(type, name),
  });

export const alreadyExists = (type: ResourceType, name: string) =>
  new StatusError({
    code: 409,
    reason: 'AlreadyExists',
    message: `${qualifiedResource(type)} "${name}" already exists`,
    details: detailsOf(type, name),
  });

export const conflict = (type: ResourceType, name: string, why: string) =>
  new StatusError({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${qualifiedResource(type)} "${name}": ${why}`,
    details: detailsOf(type, name),
  });

export const forbidden = (type: ResourceType, name: string, why: string) =>
  new StatusError({
    code: 403,
    reason: 'Forbidden',
    message: `${qualifiedResource(type)}${name === '' ? '' : ` "${name}"`} is forbidden: ${why}`,
    details: detailsOf(type, name),
  });

/** What is wrong with a field of an object. */
export interface FieldError {
  reason:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueForbidden'
    | 'FieldValueNotSupported'
    | 'FieldValueDuplicate'
    | 'FieldValueNotFound';
  field: string;
  /** "Required value", 'Invalid value: "x": must be ...' */
  message: string;
}

export function invalid(type: ResourceType, name: string, errors: FieldError[]): StatusError {
  const texts = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))];
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  return new StatusError({
    code: 422,
    reason: 'Invalid',
    message: `${qualifiedKind(type)} "${name}" is invalid: ${list}`,
    details: {
      ...(name !== '' && { name }),
      ...(type.group !== '' && { group: type.group }),
      kind: type.kind,
      causes: errors.map(({ reason, message, field }) => ({ reason, message, field })),
    },
  });
}

export const badRequest = (message: string) => new StatusError({ code: 400, reason: 'BadRequest', message });

export const expired = (message: string) => new StatusError({ code: 410, reason: 'Expired', message });

export const tooOld = (revision: number, oldest: number) =>
  expired(`too old resource version: ${revision} (${oldest})`);

export const tooLarge = (revision: number, current: number) =>
  new StatusError({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${revision}, current: ${current}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  });

export const unauthorized = () =>
  new StatusError({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });

export const methodNotAllowed = () =>
  new StatusError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: {},
  });

export const unsupportedMediaType = () =>
  new StatusError({
    code: 415,
    reason: 'UnsupportedMediaType',
    message: '415: Unsupported Media Type',
    details: {},
  });

export const noSuchResource = () =>
  new StatusError({
    code: 404,
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
    details: {},
  });

/** Of a precondition of a deletion, which names the kind and not the resource. */
export const preconditionFailed = ({ kind, group }: ResourceType, name: string, why: string) =>
  new StatusError({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${kind}${group === '' ? '' : `.${group}`} "${name}": ${why}`,
    details: { name, ...(group !== '' && { group }), kind },
  });

export const tooManyRequests = (retryAfterSeconds: number) =>
  new StatusError({
    code: 429,
    reason: 'TooManyRequests',
    message: 'The server has received too many requests and has asked us to try again later',
    details: { retryAfterSeconds },
  });
