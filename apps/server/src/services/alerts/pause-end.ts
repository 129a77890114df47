import { ServiceError } from '../../platform/service-error.ts';

/**
 * Checks the end of a mute or a snooze.
 * @throws ServiceError alert_pause_in_past
 */
export function requireFutureEnd(until: Date, now: Date): void {
  if (until > now) return;
  const message = 'must be in the future';
  throw new ServiceError(
    'alert_pause_in_past',
    `The end ${until.toISOString()} is not in the future: it is ${now.toISOString()} now.`,
    [{ key: 'until', message }],
  );
}
