import type { ErrorCodeMeaning } from './meaning.ts';

export const webhooksErrorCodes = {
  invalid_signature: {
    status: 401,
    cause: 'The webhook accepts only signed deliveries, and the signature is missing, wrong or too old.',
    nextStep: 'Sign the body as docs/concepts/webhooks.md says, with the signing secret of the webhook.',
  },
} as const satisfies Record<string, ErrorCodeMeaning>;
