import type { ErrorCodeMeaning } from './meaning.ts';

export const eventsErrorCodes = {
  event_subscription_limit_exceeded: {
    status: 400,
    cause: 'The workspace has the most event subscriptions that it can have.',
    nextStep: 'Delete a subscription that is not used, or let one receiver forward events.',
  },
  event_subscription_exists: {
    status: 409,
    cause: 'The workspace has an event subscription with this name.',
    nextStep: 'Choose another name, or change that subscription.',
  },
  event_delivery_waiting: {
    status: 409,
    cause: 'The event has not been delivered yet, and will be sent without a further request.',
    nextStep: 'Wait for its result, or test the subscription.',
  },
} as const satisfies Record<string, ErrorCodeMeaning>;
