import { Fragment, useLayoutEffect, useSyncExternalStore, type ReactNode } from 'react';
import classes from './shell.module.css';
import { listenToZone, nameZone, resolveZone, setShownZone, shownZone, zoneChoice } from '../ui/time-zone.ts';
import { usePageJobZone } from './use-page-job-zone.ts';

/** Renders a page anew when the zone of its times changes: formats read it when they are used. */
export function ZoneScope({ children }: { children: ReactNode }) {
  const choice = useZoneChoice();
  const jobZone = usePageJobZone(choice === 'job');
  const zone = resolveZone(choice, jobZone);
  // Before the browser paints, so that no time of another zone is seen.
  useLayoutEffect(() => setShownZone(zone), [zone]);
  return <Fragment key={useShownZone()}>{children}</Fragment>;
}

/** Names the zone of the times of the page, unless the user has chosen that of the browser. */
export function ZoneMark() {
  const [choice, zone] = [useZoneChoice(), useShownZone()];
  return (
    choice !== 'local' && (
      <span className={classes.live} title={`Times are shown in ${zone}`}>
        {nameZone(zone)}
      </span>
    )
  );
}

export const useZoneChoice = () => useSyncExternalStore(listenToZone, zoneChoice);
const useShownZone = () => useSyncExternalStore(listenToZone, shownZone);
