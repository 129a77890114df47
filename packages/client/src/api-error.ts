import type { ErrorCode } from '@pumphouse/contract';
import { errorResponse } from '@pumphouse/contract';

/** Codes that the client itself sets when a response does not match the contract. */
export type ClientErrorCode = 'invalid_response' | 'stream_failed';

export function isClientErrorCode(code: string): code is ClientErrorCode {
  return code === 'invalid_response' || code === 'stream_failed';
}

/** Details that `ApiError` carries in addition to its message. */
export interface ApiErrorFields {
  /** HTTP status of the response; 200 if a stream failed after it had begun. */
  status: number;
  /** A stable code of the server, or one of `ClientErrorCode`; absent if the response had no error body. */
  code?: ErrorCode | ClientErrorCode | (string & {}) | undefined;
  /** One sentence for the user. */
  detail: string;
  /** Reasons per field, or other data that the code defines. */
  extra?: unknown;
}

/** Thrown when an operation returns an error, or a response that does not match the contract. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: ApiErrorFields['code'];
  readonly detail: string;
  readonly extra: unknown;

  constructor({ status, code, detail, extra }: ApiErrorFields) {
    super(code === undefined ? `${detail} (HTTP ${status})` : `${detail} [${code}]`);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.extra = extra;
  }
}

/** Reads an error response. Proxies may answer with HTML or an empty body; then only the status is known. */
export async function readApiError(response: Response): Promise<ApiError> {
  const parsed = errorResponse.safeParse(parseJson(await response.text()));
  const { code, detail, extra } = parsed.data ?? {};
  const fallback = `The server answered ${`${response.status} ${response.statusText}`.trim()}`;
  return new ApiError({ status: response.status, code, detail: detail ?? fallback, extra });
}

/** Parses a JSON text; undefined if it is not valid JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
