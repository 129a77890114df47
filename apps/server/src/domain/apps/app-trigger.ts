/** The port and start path of an app, as declared by its `http:` triggers. Pure functions. */
import type { JobDefinition } from '../jobs/job-definition.ts';
import { parseTrigger, readTriggerType } from '../jobs/trigger.ts';

/** Each app has its own network, so all of them can use the same port. */
const usualPort = 5000;
/** Lower ports need privileges that no run has. */
const lowestPort = 1024;
/**
 * Linux uses higher ports for outgoing connections by default, and they are not reserved, so other runs may
 * take them.
 */
export const highestAppPort = 32_767;

type Triggered = Pick<JobDefinition, 'triggers'>;

/** Returns the port that an app listens on: the one its `http:` trigger declares, otherwise 5000. */
export function portOfApp(definition: Triggered): number {
  const declared = readTriggers(definition).findLast(({ port }) => port !== null)?.port ?? null;
  return declared !== null && isServed(declared) ? declared : usualPort;
}

/** Explains why an app cannot be served on its declared port; null if it can or declares none. */
export function findPortProblem(declared: number | null): string | null {
  if (declared === null || isServed(declared)) return null;
  return `declare a port from ${lowestPort} to ${highestAppPort}, or none, which is ${usualPort}`;
}

/** Returns the path that opens when a request names no other. */
export function startPathOf(definition: Triggered): string {
  return readTriggers(definition).findLast(({ path }) => path !== '')?.path ?? '/';
}

/**
 * Lists all `http:` triggers of a job. dlt gives each app a bare one and appends those of a module's
 * `__trigger__`, so the last one that declares something is the user's.
 * @throws InvalidTriggerError
 */
function readTriggers({ triggers }: Triggered): { port: number | null; path: string }[] {
  return triggers.flatMap((text) => {
    const trigger = readTriggerType(text) === 'http' ? parseTrigger(text) : null;
    return trigger?.type === 'http' ? [trigger.expr] : [];
  });
}

const isServed = (port: number) => port >= lowestPort && port <= highestAppPort;
