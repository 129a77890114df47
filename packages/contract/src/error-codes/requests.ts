import type { ErrorCodeMeaning } from './meaning.ts';

/** Error codes of any operation. */
export const requestsErrorCodes = {
  invalid_request: {
    status: 400,
    cause: 'The path, the query or the body does not match the schema of the operation.',
    nextStep: 'Correct the fields named in `extra`.',
  },
  not_authenticated: {
    status: 401,
    cause: 'The request has no credential, or the credential is unknown, expired or revoked.',
    nextStep: 'Sign in again, or set a valid key.',
  },
  forbidden: {
    status: 403,
    cause: 'The credential is valid, but its role does not allow this.',
    nextStep: 'Ask an owner of the workspace or organization for the role.',
  },
  host_not_allowed: {
    status: 403,
    cause: 'The request names a host (header `Host` or `X-Forwarded-Host`) that the server does not serve.',
    nextStep:
      'Call the server at its public address, or add the name to `PUMPHOUSE_ALLOWED_HOSTS` (docs/operate/settings.md).',
  },
  runs_only: {
    status: 403,
    cause:
      'The address is the one at which runs in containers reach the server. It accepts only tokens of runs.',
    nextStep: 'Call the server at its public address (PUMPHOUSE_PUBLIC_URL).',
  },
  not_found: {
    status: 404,
    cause: 'The resource does not exist, or the caller has no access to it.',
    nextStep: 'Check the id and the workspace.',
  },
  body_too_slow: {
    status: 408,
    cause: 'The body of the request stopped arriving for 30 s, or arrived at less than 1 KiB a second.',
    nextStep: 'Send the request again, on a faster or more stable connection.',
  },
  unsupported_media_type: {
    status: 415,
    cause: 'The body is in a format that the operation does not support.',
    nextStep: 'Send JSON, or multipart if the operation accepts files.',
  },
  too_many_requests: {
    status: 429,
    cause: 'The key, session, run or address sent more requests in a minute than the server accepts.',
    nextStep:
      'Wait as long as `Retry-After` says, and send fewer requests. Operators set the limit with `PUMPHOUSE_API_REQUESTS_PER_MINUTE`.',
  },
  too_many_streams: {
    status: 429,
    cause: 'The user or the server has reached its limit of open event streams.',
    nextStep: 'Close some: one connection serves all tabs of a browser. Then try again.',
  },
  internal: {
    status: 500,
    cause: 'The server failed; its log has the reason under the request id in `extra`.',
    nextStep: "Try again. If it fails again, send the request id to the server's operator.",
  },
  not_served: {
    status: 501,
    cause: 'This server was installed without the content of this address.',
    nextStep: 'Read `detail` for what to use instead.',
  },
  unavailable: {
    status: 503,
    cause: 'The server is starting, stopping, or has temporarily lost its store.',
    nextStep: 'Try again in a few seconds.',
  },
  disk_full: {
    status: 507,
    cause: 'The disk of the server is full: the data could not be stored.',
    nextStep: 'Free space on the disk of the data folder, then send the data again.',
  },
} as const satisfies Record<string, ErrorCodeMeaning>;
