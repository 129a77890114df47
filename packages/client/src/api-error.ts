import type { ErrorCode } from '@pumphouse/contract';
import { errorResponse } from '@pumphouse/contract';

/** Codes that the client itself gives, where an answer came that the contract does not foresee. */
export type ClientErrorCode = 'invalid_response' | 'stream_failed';

/** What `ApiError` carries beside its message. */
export interface ApiErrorFields {
  /** HTTP status of the answer; 200 where a stream failed after it had begun. */
  status: number;
  /** A stable code of the server, or one of `ClientErrorCode`; absent where the answer was no error body. */
  code?: ErrorCode | ClientErrorCode | (string & {}) | undefined;
  /** One sentence for the reader. */
  detail: string;
  /** Reasons field by field, or whatever else the code brings along. */
  extra?: unknown;
}

/** An operation was answered with an error, or with something that the contract does not foresee. */
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

/** Reads an answer that is no success. Proxies answer with HTML or nothing at all, which leaves the status to tell. */
export async function readApiError(response: Response): Promise<ApiError> {
  const parsed = errorResponse.safeParse(parseJson(await response.text()));
  const { code, detail, extra } = parsed.data ?? {};
  const fallback = `The server answered ${`${response.status} ${response.statusText}`.trim()}`;
  return new ApiError({ status: response.status, code, detail: detail ?? fallback, extra });
}

/** Gives the value of a JSON text, or undefined where it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
