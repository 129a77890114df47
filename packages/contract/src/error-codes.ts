import { alertsErrorCodes } from './error-codes/alerts.ts';
import { appsErrorCodes } from './error-codes/apps.ts';
import { attemptsErrorCodes } from './error-codes/attempts.ts';
import { backfillsErrorCodes } from './error-codes/backfills.ts';
import { clientsErrorCodes } from './error-codes/clients.ts';
import { eventsErrorCodes } from './error-codes/events.ts';
import { jobsErrorCodes } from './error-codes/jobs.ts';
import { localDataErrorCodes } from './error-codes/local-data.ts';
import { peopleErrorCodes } from './error-codes/people.ts';
import { pipelinesErrorCodes } from './error-codes/pipelines.ts';
import { requestsErrorCodes } from './error-codes/requests.ts';
import { runsErrorCodes } from './error-codes/runs.ts';
import { signInErrorCodes } from './error-codes/sign-in.ts';
import { variablesErrorCodes } from './error-codes/variables.ts';
import { versionsErrorCodes } from './error-codes/versions.ts';
import { webhooksErrorCodes } from './error-codes/webhooks.ts';
import { workersErrorCodes } from './error-codes/workers.ts';
import { workspacesErrorCodes } from './error-codes/workspaces.ts';

/**
 * Codes that responses carry in `code`, by feature. The meaning of a published code never changes; `detail`,
 * which callers read, may be more specific than `cause`.
 */
export const errorCodes = {
  ...requestsErrorCodes,
  ...clientsErrorCodes,
  ...signInErrorCodes,
  ...peopleErrorCodes,
  ...workspacesErrorCodes,
  ...versionsErrorCodes,
  ...variablesErrorCodes,
  ...jobsErrorCodes,
  ...runsErrorCodes,
  ...attemptsErrorCodes,
  ...localDataErrorCodes,
  ...pipelinesErrorCodes,
  ...backfillsErrorCodes,
  ...webhooksErrorCodes,
  ...appsErrorCodes,
  ...alertsErrorCodes,
  ...eventsErrorCodes,
  ...workersErrorCodes,
} as const;

/** The name of a stable error code. */
export type ErrorCode = keyof typeof errorCodes;
