import type { AlertEventRecord } from '../../store/records.ts';
import type { Clock } from '../scheduling/clock.ts';
import type { Instruments } from '../../platform/instruments.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../../store/store.ts';

/** The evaluation of one event failed, for a reason that lies in the event. */
export class FailingEventError extends Error {
  override readonly name = 'FailingEventError';
  readonly event: AlertEventRecord;

  constructor(event: AlertEventRecord, cause: unknown) {
    super(`Event ${event.id} of alerts could not be evaluated`, { cause });
    this.event = event;
  }
}

/** An event that failed for this long is dropped, so that it does not hold up those after it for ever. */
const maxFailingMs = 600_000;

export type FailingEvents = ReturnType<typeof createFailingEvents>;

/** Creates what is done with an event that cannot be evaluated: it is tried again for ten minutes, then dropped. */
export function createFailingEvents({
  persistence: { store },
  instruments,
  clock,
  log,
}: {
  persistence: Persistence<'alertEvents' | 'installation'>;
  instruments: Pick<Instruments, 'alertEventDropped'>;
  clock: Clock;
  log: Logger;
}) {
  /** @returns whether the event was dropped; otherwise it waits, and so do those after it */
  return async function handleFailingEvent({ event, cause }: FailingEventError): Promise<boolean> {
    const now = await clock(store);
    const failingSince = await store.alertEvents.noteFailure(event.id, now);
    if (now.getTime() - failingSince.getTime() < maxFailingMs) {
      log.error({ err: cause, event, failingSince }, 'an event could not be evaluated for alerts; retried');
      return false;
    }
    await store.alertEvents.drop(event.id, now);
    instruments.alertEventDropped();
    log.error(
      { err: cause, event, failingSince },
      'an event could not be evaluated for alerts and was dropped',
    );
    return true;
  };
}
