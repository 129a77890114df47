import { ApiError } from '@pumphouse/client';
import { Alert, Button, Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './answers.module.css';

/** Shows the server's error message and its code. */
export function ErrorNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { title, detail, code } = describeError(error);
  return (
    <Alert color="red" variant="light" title={title} role="alert" className={classes.error}>
      <p className={classes.detail}>{detail}</p>
      {code !== null && <p className={classes.code}>{code}</p>}
      {onRetry && (
        <Button size="compact-sm" variant="default" onClick={onRetry}>
          Try again
        </Button>
      )}
    </Alert>
  );
}

export function describeError(error: unknown): { title: string; detail: string; code: string | null } {
  if (error instanceof ApiError) {
    const title =
      error.status === 404 ? 'Not found' : error.status === 403 ? 'No access' : 'The request failed';
    return { title, detail: error.detail, code: error.code ?? null };
  }
  if (error instanceof TypeError) {
    return {
      title: 'Cannot reach the server',
      detail:
        'The server may be restarting. The data on this page may be outdated. It updates when the server responds.',
      code: null,
    };
  }
  return {
    title: 'The request failed',
    detail: error instanceof Error ? error.message : String(error),
    code: null,
  };
}

/** Empty state: why the list is empty and how to fill it. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={classes.empty}>
      <p className={classes.emptyTitle}>{title}</p>
      {children !== undefined && <div className="quiet">{children}</div>}
    </div>
  );
}

/** Placeholder for rows that are loading. */
export function LoadingRows({ count = 6 }: { count?: number }) {
  return (
    <div className={classes.rows} role="status" aria-label="Loading">
      {Array.from({ length: count }, (_, index) => (
        <Skeleton key={index} height={20} />
      ))}
    </div>
  );
}
