import { ApiError } from '@pumphouse/client';
import { Alert, Button, Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './answers.module.css';

/** What the server said, as a sentence, with its code for whoever looks it up. */
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
      title: 'The server cannot be reached',
      detail:
        'It may be starting again. What you see is from before; the page goes on by itself once it answers.',
      code: null,
    };
  }
  return {
    title: 'The request failed',
    detail: error instanceof Error ? error.message : String(error),
    code: null,
  };
}

/** Nothing is there: says why, and what brings something here. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={classes.empty}>
      <p className={classes.emptyTitle}>{title}</p>
      {children !== undefined && <div className="quiet">{children}</div>}
    </div>
  );
}

/** Holds the place of rows that are on their way. */
export function LoadingRows({ count = 6 }: { count?: number }) {
  return (
    <div className={classes.rows} role="status" aria-label="Loading">
      {Array.from({ length: count }, (_, index) => (
        <Skeleton key={index} height={20} />
      ))}
    </div>
  );
}
