import { hasOtherClock } from '../ui/format.ts';
import { nameZone } from '../ui/time-zone.ts';

/**
 * Adds the zone to the words of a trigger if they contain a time of a clock that shows another one: "at 08:00
 * Tokyo".
 * @param at when the trigger fires next; null if it does not
 */
export function nameTriggerZone(text: string, at: string | null, zone: string | null): string {
  const hasTime = /\d:\d\d/.test(text);
  return hasTime && at !== null && hasOtherClock(new Date(at), zone) ? `${text} ${nameZone(zone)}` : text;
}
