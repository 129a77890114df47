/** Where an app listens, and where it begins: what its `http:` trigger says. Pure. */
import type { JobDefinition } from '../jobs/job-definition.ts';
import { parseTrigger, readTriggerType } from '../jobs/trigger.ts';

/** Each app is in a network of its own, so all of them may have the same. */
const usualPort = 5000;
/** Lower ones take rights that no run has. */
const lowestPort = 1024;
/** Above it outgoing connections come from, as Linux has it where nobody changes that: such ports are not kept from other runs. */
export const highestAppPort = 32_767;

type Triggered = Pick<JobDefinition, 'triggers'>;

/** The port that an app is told to listen on, and is met at: that of its `http:` trigger, else 5000. */
export function portOfApp(definition: Triggered): number {
  const declared = readTriggers(definition).findLast(({ port }) => port !== null)?.port ?? null;
  return declared !== null && isServed(declared) ? declared : usualPort;
}

/** Why an app cannot be met at a port that it declares; null where it can, or declares none. */
export function findPortProblem(declared: number | null): string | null {
  if (declared === null || isServed(declared)) return null;
  return `declare a port from ${lowestPort} to ${highestAppPort}, or none, which is ${usualPort}`;
}

/** The path of the app that is opened where no other is asked for. */
export function startPathOf(definition: Triggered): string {
  return readTriggers(definition).findLast(({ path }) => path !== '')?.path ?? '/';
}

/**
 * All `http:` triggers of a job. dlt gives each app a bare one and appends those of a module's `__trigger__`, so the last one that
 * declares something is the user's.
 * @throws InvalidTriggerError
 */
function readTriggers({ triggers }: Triggered): { port: number | null; path: string }[] {
  return triggers.flatMap((text) => {
    const trigger = readTriggerType(text) === 'http' ? parseTrigger(text) : null;
    return trigger?.type === 'http' ? [trigger.expr] : [];
  });
}

const isServed = (port: number) => port >= lowestPort && port <= highestAppPort;
