import type { ErrorCodeMeaning } from './meaning.ts';

export const attemptsErrorCodes = {
  claim_lost: {
    status: 409,
    cause: 'The attempt no longer holds its job run: another attempt replaced it, or the run has ended.',
    nextStep: 'None: the attempt ends on its own.',
  },
  attempt_closed: {
    status: 410,
    cause: 'The attempt has ended: its end is recorded, or its run was ended without it.',
    nextStep: 'None: the attempt ends on its own.',
  },
  attempt_not_ready: {
    status: 503,
    cause:
      'The server has not stored yet where this attempt runs, or a member is resetting the local data that it uses.',
    nextStep: 'The process of the run repeats its call until the server is ready.',
  },
  attempt_files_withheld: {
    status: 409,
    cause:
      'Code and configuration of an attempt are available only between its admission and the start of its code.',
    nextStep: 'None: a running attempt has its files.',
  },
  spool_gap: {
    status: 409,
    cause: 'The chunk begins after the received data; `extra.received` is the offset to continue from.',
    nextStep: 'Send from that offset.',
  },
  archive_closed: {
    status: 409,
    cause: 'The environment is not being built any more: its build has ended, or another server builds it.',
    nextStep: 'None: the pod of the build ends on its own.',
  },
} as const satisfies Record<string, ErrorCodeMeaning>;
