/** Where an app listens. Pure. */
import type { JobDefinition } from './job-definition.ts';
import { parseTrigger, readTriggerType } from './trigger.ts';

/** Each app is in a network of its own, so all of them may have the same. */
const usualPort = 5000;
/** Lower ones take rights that no run has; higher ones are where outgoing connections come from, and are not kept from other runs. */
const lowestPort = 1024;
const highestPort = 32_767;

/** Where programs listen that take no notice of the port they are given: what frameworks and servers do by themselves. */
const commonPorts = [8000, 8080, 8501, 2718, 3000, 5001, 5006, 7860, 8050, 8081, 8265, 8888, 9000];

type Triggered = Pick<JobDefinition, 'triggers'>;

/** The port that an app is told to listen on, and is met at: that of its `http:` trigger, else 5000. */
export function portOfApp(definition: Triggered): number {
  const declared = findDeclaredPort(definition);
  return declared !== null && isServed(declared) ? declared : usualPort;
}

/** Why an app cannot be met at a port that it declares; null where it can, or declares none. */
export function findPortProblem(declared: number | null): string | null {
  if (declared === null || isServed(declared)) return null;
  return `declare a port from ${lowestPort} to ${highestPort}, or none, which is ${usualPort}`;
}

/** Where to look for an app that does not listen where it should. */
export const listOtherPorts = (port: number): number[] =>
  [usualPort, ...commonPorts].filter((other) => other !== port);

/** @throws InvalidTriggerError */
function findDeclaredPort({ triggers }: Triggered): number | null {
  for (const text of triggers) {
    const trigger = readTriggerType(text) === 'http' ? parseTrigger(text) : null;
    if (trigger?.type === 'http' && trigger.expr.port !== null) return trigger.expr.port;
  }
  return null;
}

const isServed = (port: number) => port >= lowestPort && port <= highestPort;
