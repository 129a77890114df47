import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useEffectEvent } from 'react';
import { api } from '../api/api.ts';
import { classifyError } from '../api/error-kind.ts';
import { Empty } from '../ui/answers.tsx';
import { Page } from '../ui/page.tsx';

const firstPauseMs = 1000;
const maxPauseMs = 10_000;

/** Replaces a page while the server does not respond. Asks again until it does; then the page loads. */
export function ServerAway({ onBack }: { onBack: () => void }) {
  const { data: answeredAtMs, refetch } = useQuery({
    queryKey: ['whether the server responds'],
    queryFn: ({ signal }) => awaitAnswer(signal),
    retry: false,
    gcTime: 0,
    refetchOnReconnect: 'always',
    networkMode: 'always',
    refetchInterval: ({ state }) => Math.min(firstPauseMs * 2 ** state.errorUpdateCount, maxPauseMs),
  });
  const goBack = useEffectEvent(onBack);
  useEffect(() => {
    if (answeredAtMs !== undefined) goBack();
  }, [answeredAtMs]);
  return (
    <Page title="Cannot reach the server">
      <Empty title="The server does not respond">
        <p role="status" data-server-away>
          It may be restarting, or this computer is offline. This page opens when the server responds.
        </p>
        <Button size="compact-sm" variant="default" onClick={() => void refetch()}>
          Try now
        </Button>
      </Empty>
    </Page>
  );
}

/** @returns when the server answered, whatever it said (ms since 1970) */
async function awaitAnswer(signal: AbortSignal): Promise<number> {
  try {
    await api.call('get_me', { signal });
  } catch (error) {
    if (classifyError(error) === 'server-away') throw error;
  }
  return Date.now();
}
