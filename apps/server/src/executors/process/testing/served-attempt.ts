import { randomUUID } from 'node:crypto';
import type { AttemptSpec } from '../../contract/attempt-runner.ts';
import type { EnvironmentLocation } from '../../contract/environment-builder.ts';
import type { AttemptRoutes, ServedAttempt } from './attempt-routes.ts';

export interface AttemptOrigin {
  routes: AttemptRoutes;
  /** The URL at which the attempt reaches the routes. */
  url: string;
  environment: EnvironmentLocation;
  installationId: string;
  uid: number;
}

/** Creates a new specification of an attempt whose user code has STARTED_URL, REPORT_URL and TEST_ATTEMPT. */
export function serveAttempt(
  { routes, url, environment, installationId, uid }: AttemptOrigin,
  { variables, ...served }: ServedAttempt,
): AttemptSpec {
  const attemptId = randomUUID();
  const userCode = `${url}/user-code/${attemptId}`;
  const own = {
    STARTED_URL: `${userCode}/started`,
    REPORT_URL: `${userCode}/report`,
    TEST_ATTEMPT: attemptId,
  };
  const archiveId = environment.archive?.id;
  routes.serve(attemptId, { ...served, archiveId, variables: { ...own, ...variables } });
  return {
    attemptId,
    jobRunId: `run-of-${attemptId}`,
    installationId,
    claimNumber: 1,
    attemptsUrl: url,
    bootstrapSecret: `secret-of-${attemptId}`,
    environment,
    workFolderName: 'my-workspace',
    localData: null,
    uid,
    limits: { memoryBytes: null, cpus: null, processes: null },
    instanceSize: 'small',
    graceSeconds: 30,
    timeoutSeconds: null,
    network: 'outgoing',
  };
}
