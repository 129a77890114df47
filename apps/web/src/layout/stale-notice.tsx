import { formatInstant } from '../ui/format.ts';
import { Notice } from '../ui/notice.tsx';
import { useStaleSince } from '../live/live-state.ts';

/** Shows, while the server is away, of which moment the figures below are. */
export function StaleNotice() {
  const sinceMs = useStaleSince();
  return (
    <div role="status" data-stale-notice>
      {sinceMs !== null && (
        <Notice>
          <strong>Cannot reach the server.</strong> This page shows the state of{' '}
          <time dateTime={new Date(sinceMs).toISOString()}>{formatInstant(new Date(sinceMs))}</time>. It
          updates when the server responds.
        </Notice>
      )}
    </div>
  );
}
