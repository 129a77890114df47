import { Button } from '@mantine/core';
import { useEffect, useEffectEvent, useRef } from 'react';

interface MoreRowsProps {
  hasMore: boolean;
  isLoading: boolean;
  onMore: () => void;
}

/**
 * End of a paginated list: loads the next page when it scrolls into view, and is a button for keyboard users.
 */
export function MoreRows({ hasMore, isLoading, onMore }: MoreRowsProps) {
  const end = useRef<HTMLDivElement>(null);
  const more = useEffectEvent(onMore);
  const isWaiting = hasMore && !isLoading;
  useEffect(() => {
    if (!isWaiting || !end.current) return undefined;
    const observer = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && more(),
      { rootMargin: '400px' },
    );
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [isWaiting]);
  if (!hasMore) return null;
  return (
    <div ref={end} style={{ padding: '0.5rem', textAlign: 'center' }}>
      <Button variant="subtle" size="compact-sm" loading={isLoading} onClick={onMore}>
        Load more
      </Button>
    </div>
  );
}
