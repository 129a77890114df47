import type { LiveEvent } from '@pumphouse/contract';
import type { Query } from '@tanstack/react-query';
import { useEffect } from 'react';
import { api } from '../api/api.ts';
import { createFollower } from './follow.ts';
import { createOwnInterests } from './interests.ts';
import { findAffected } from './affected-operations.ts';
import { joinTabs } from './tabs.ts';
import { noteLogGrowth } from './log-growths.ts';
import { leaveWhenSignedOut, queryClient } from '../api/query-client.ts';
import { readPageLoad } from './page-position.ts';
import { refetchQueries } from './refetch-queries.ts';
import { setLiveState } from './live-state.ts';

const follower = createFollower({
  followEvents: (target) => api.followEvents(target),
  publishEvent: (event) => tabs.publishEvent(event),
  publishState: (state) => tabs.publishState(state),
  onSignedOut: leaveWhenSignedOut,
});

let isLeading = false;
const tabs = joinTabs(
  {
    onLead: () => (isLeading = true),
    onWants: (interests, pages) => isLeading && follower.want(interests, pages),
    onEvent: takeEvent,
    onState: setLiveState,
  },
  readPageLoad(),
);

/** Interests of this tab. */
export const ownInterests = createOwnInterests((interests) => tabs.want(interests));

/** Subscribes to the events of a workspace while the component is mounted. */
export function useLiveWorkspace(workspaceId: string): void {
  useEffect(() => ownInterests.add({ workspaceIds: [workspaceId] }), [workspaceId]);
}

function takeEvent(event: LiveEvent): void {
  if (event.event === 'ready') refetchOlderThan(Date.now());
  if (event.event === 'log') noteLogGrowth(event.data);
  if (event.event === 'change') {
    const affected = findAffected(event.data.kinds);
    refetch((query) => affected.has(operationOf(query)));
  }
}

/** Data fetched before the stream was established may have changed without an event. */
function refetchOlderThan(atMs: number): void {
  const all = findAffected(['job', 'job-run', 'pipeline-run', 'schema', 'deployment', 'configuration']);
  refetch((query) => all.has(operationOf(query)) && query.state.dataUpdatedAt < atMs);
}

function refetch(predicate: (query: Query) => boolean): void {
  void refetchQueries(queryClient, predicate);
}

const operationOf = (query: Query) => String(query.queryKey[0]);
