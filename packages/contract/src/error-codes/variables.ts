import type { ErrorCodeMeaning } from './meaning.ts';

export const variablesErrorCodes = {
  reserved_variable_name: {
    status: 400,
    cause:
      'The names in `extra` are reserved: Pumphouse sets them, or they change how a run starts, before its code runs.',
    nextStep: '`extra` contains the alternative for each name; the list is in docs/concepts/variables.md.',
  },
  variable_limit_exceeded: {
    status: 400,
    cause: 'The variables of the scope, or of the workspace, would exceed the limits of the server.',
    nextStep:
      'Delete variables that no run needs, and deploy large values with the code or the configuration.',
  },
} as const satisfies Record<string, ErrorCodeMeaning>;
