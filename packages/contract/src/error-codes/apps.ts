import type { ErrorCodeMeaning } from './meaning.ts';

export const appsErrorCodes = {
  foreign_origin: {
    status: 403,
    cause: 'The request has the session of an app, but comes from a page of another site.',
    nextStep: 'Call the app from its own pages, or with a key and without its cookie.',
  },
  not_interactive: {
    status: 409,
    cause: 'The operation is for interactive jobs; the job is a batch or stream job.',
    nextStep: 'Choose an interactive job; `list_apps` has them.',
  },
  no_app_port_left: {
    status: 409,
    cause: 'Each app has its own port, and every port of the range belongs to an app, or did until recently.',
    nextStep: 'Have the operator of the server set a larger range (`PUMPHOUSE_APPS_PORTS`).',
  },
  app_not_answering: {
    status: 502,
    cause: 'The app runs, but closed the connection, or responded with invalid HTTP.',
    nextStep: 'Check the log of its run, then try again.',
  },
  app_not_ready: {
    status: 503,
    cause: 'The app is starting, is stopped, has failed, or cannot be started; `detail` has the reason.',
    nextStep: 'Try again after the time in `Retry-After`; without it, check the job of the app first.',
  },
  too_many_connections: {
    status: 503,
    cause: 'The app, or one of its visitors, has reached its limit of open connections.',
    nextStep: 'Close some, then try again.',
  },
} as const satisfies Record<string, ErrorCodeMeaning>;
