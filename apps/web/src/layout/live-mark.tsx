import { Tooltip } from '@mantine/core';
import classes from './shell.module.css';
import { useLiveState } from '../live/live-state.ts';
import { useNow } from '../look/time.tsx';
import { formatRelative } from '../look/format.ts';

const words = {
  connecting: 'Connecting …',
  live: '● Live',
  down: '○ Not live',
} as const;

/** Whether what is shown changes by itself, and if not, how old it may be. */
export function LiveMark() {
  const { status, at } = useLiveState();
  const now = useNow(10);
  const age = at === null ? '' : ` Last heard of the server ${formatRelative(new Date(at), new Date(now))}.`;
  const label =
    status === 'live'
      ? 'Live updates are on.'
      : `Live updates are off. Pages are fetched every 15 seconds until the connection is back.${age}`;
  return (
    <Tooltip label={label} multiline maw={280}>
      <span className={classes.live} role="status" tabIndex={0}>
        {words[status]}
      </span>
    </Tooltip>
  );
}
