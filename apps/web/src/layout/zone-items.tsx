import { Menu } from '@mantine/core';
import { chooseZone, viewersZone, zoneChoices } from '../ui/time-zone.ts';
import { usePageJobZone } from './use-page-job-zone.ts';
import { useZoneChoice } from './zone-scope.tsx';

/** Items of the account menu that choose in which zone times are shown. */
export function ZoneItems() {
  const choice = useZoneChoice();
  const jobZone = usePageJobZone(true);
  const labels = {
    local: `Local (${viewersZone})`,
    utc: 'UTC',
    job: `Zone of the job (${jobZone ?? 'on its pages, else local'})`,
  };
  return (
    <>
      <Menu.Label>Time zone</Menu.Label>
      {zoneChoices.map((each) => (
        <Menu.Item key={each} onClick={() => chooseZone(each)}>
          {choice === each ? '✓ ' : ''}
          {labels[each]}
        </Menu.Item>
      ))}
    </>
  );
}
