import { ExecutorError } from './executor.ts';

/** The first port that outgoing connections come from, as Linux has it where nobody changes that. */
export const firstOutgoingPort = 32_768;

/** @throws ExecutorError backend for a port on which an app cannot be reached */
export function checkAppPort(port: number): void {
  if (Number.isInteger(port) && port > 0 && port < firstOutgoingPort) return;
  throw new ExecutorError(
    'backend',
    `An app is reached on a port from 1 to ${firstOutgoingPort - 1}, not on ${port}.`,
  );
}
