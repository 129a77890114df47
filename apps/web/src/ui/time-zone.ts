/** The time zone of the viewer's browser, such as Europe/Berlin. */
export const viewersZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The zone in which the console shows times: that of the browser, UTC, or that of the job of the page. */
export const zoneChoices = ['local', 'utc', 'job'] as const;
export type ZoneChoice = (typeof zoneChoices)[number];

const key = 'pumphouse.time-zone';
const listeners = new Set<() => void>();
let choice: ZoneChoice = 'local';
let shown = viewersZone;

/** Applies what the user has chosen in this browser, before anything is shown. */
export function restoreZoneChoice(): void {
  const stored = localStorage.getItem(key);
  choice = zoneChoices.find((each) => each === stored) ?? 'local';
  shown = resolveZone(choice, null);
}

/** @param jobZone the zone of the job of the page; null on pages of no job, or of several */
export function resolveZone(chosen: ZoneChoice, jobZone: string | null): string {
  if (chosen === 'utc') return 'UTC';
  return (chosen === 'job' ? jobZone : null) ?? viewersZone;
}

/** The zone in which times are shown. Pages are rendered anew when it changes (`layout/zone-scope.tsx`). */
export const shownZone = (): string => shown;

export function setShownZone(zone: string): void {
  if (zone === shown) return;
  shown = zone;
  tellListeners();
}

export const zoneChoice = (): ZoneChoice => choice;

/** Remembers the choice in this browser. */
export function chooseZone(chosen: ZoneChoice): void {
  localStorage.setItem(key, chosen);
  choice = chosen;
  tellListeners();
}

export function listenToZone(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tellListeners(): void {
  for (const each of listeners) each();
}

/** "Tokyo" for Asia/Tokyo, "UTC" for UTC. */
export function nameZone(zone: string): string {
  return (zone.split('/').at(-1) ?? zone).replaceAll('_', ' ');
}

/** Creates a format whose times are in the shown zone, whichever that is when it is used. */
export function createZonedFormat(options: Intl.DateTimeFormatOptions) {
  const formats = new Map<string, Intl.DateTimeFormat>();
  return {
    format(at: Date | number, zone = shown): string {
      const found = formats.get(zone);
      if (found) return found.format(at);
      const made = new Intl.DateTimeFormat('en-GB', { ...options, timeZone: zone });
      formats.set(zone, made);
      return made.format(at);
    },
  };
}
