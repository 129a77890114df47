import type { ErrorCodeMeaning } from './meaning.ts';

export const alertsErrorCodes = {
  invalid_alert_rule: {
    status: 400,
    cause: 'An alert rule has a condition, a scope or quiet hours that do not fit.',
    nextStep:
      'Correct the fields named in `extra`; docs/concepts/alerts.md lists the conditions of each kind.',
  },
  alert_pause_in_past: {
    status: 400,
    cause: 'A mute or a snooze is to end at a time that has passed.',
    nextStep: 'Name a later time. Unmute to send alerts again now.',
  },
  alert_channel_limit_exceeded: {
    status: 400,
    cause: 'The workspace has the most alert channels that it can have.',
    nextStep: 'Delete a channel that is not used, or add recipients to an existing one.',
  },
  alert_rule_exists: {
    status: 409,
    cause: 'The workspace has an alert rule with this name.',
    nextStep: 'Choose another name, or change that rule.',
  },
  alert_rule_limit: {
    status: 409,
    cause: 'The workspace has as many alert rules as it may have.',
    nextStep: 'Delete rules that are no longer needed, or let one rule cover more jobs.',
  },
  alert_resolved: {
    status: 409,
    cause: 'The incident is resolved, so nothing more is sent about it.',
    nextStep: 'Nothing. If the problem occurs again, a new incident opens.',
  },
  alert_channel_exists: {
    status: 409,
    cause: 'The workspace has an alert channel with this name.',
    nextStep: 'Choose another name, or change that channel.',
  },
  alert_delivery_waiting: {
    status: 409,
    cause: 'The message has not been sent yet, and will be sent without a further request.',
    nextStep: 'Wait for its result, or test the channel.',
  },
} as const satisfies Record<string, ErrorCodeMeaning>;
