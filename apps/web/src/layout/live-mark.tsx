import { Tooltip } from '@mantine/core';
import classes from './shell.module.css';
import { useLiveState } from '../live/live-state.ts';
import { useNow } from '../ui/time.tsx';
import { formatRelative } from '../ui/format.ts';

const labels = {
  connecting: 'Connecting…',
  live: '● Live',
  down: '○ Offline',
} as const;

/** Shows whether live updates are on and, if not, how old the data may be. */
export function LiveMark() {
  const { status, at } = useLiveState();
  const now = useNow(10);
  const age = at === null ? '' : ` Last update received ${formatRelative(new Date(at), new Date(now))}.`;
  const label =
    status === 'live'
      ? 'Live updates on'
      : `Live updates off. Data is refreshed every 15 seconds until the connection is restored.${age}`;
  return (
    <Tooltip label={label} multiline maw={280}>
      <span className={classes.live} role="status" tabIndex={0}>
        {labels[status]}
      </span>
    </Tooltip>
  );
}
