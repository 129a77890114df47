import type { ErrorCodeMeaning } from './meaning.ts';

/** Error codes of programs that call the server at a wrong address, or that it does not support. */
export const clientsErrorCodes = {
  client_too_old: {
    status: 400,
    cause: 'The caller is a release of the dlthub client for an older API.',
    nextStep: 'Upgrade the client to the version that the header `x-dlthub-min-client-version` names.',
  },
  not_offered: {
    status: 400,
    cause: 'The older client has an operation that does not exist on this server.',
    nextStep: 'Do what the detail says instead.',
  },
  wrong_base_url: {
    status: 400,
    cause: 'The base URL of the client has a path, such as `/api` or that of a page of the console.',
    nextStep:
      'Set `RUNTIME__API_BASE_URL`, or `api_base_url` under `[runtime]` in `.dlt/config.toml`, to the address of the server without a path.',
  },
} as const satisfies Record<string, ErrorCodeMeaning>;
