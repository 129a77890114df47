import type { ErrorCodeMeaning } from './meaning.ts';

export const workersErrorCodes = {
  worker_exists: {
    status: 409,
    cause: 'The organization has a worker with this name.',
    nextStep: 'Choose another name, or create a new token for that worker.',
  },
  worker_protocol: {
    status: 426,
    cause: 'A worker of another release connected, which speaks another version of the protocol.',
    nextStep: 'Install the release of the server on the machine of the worker.',
  },
} as const satisfies Record<string, ErrorCodeMeaning>;
