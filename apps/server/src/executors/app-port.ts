import { ExecutorError } from './contract/executor-error.ts';
import { highestAppPort } from '../domain/apps/app-trigger.ts';

/** @throws ExecutorError backend for a port that apps cannot use */
export function checkAppPort(port: number): void {
  if (Number.isInteger(port) && port > 0 && port <= highestAppPort) return;
  throw new ExecutorError(
    'backend',
    `An app is reached on a port from 1 to ${highestAppPort}, not on ${port}.`,
  );
}
