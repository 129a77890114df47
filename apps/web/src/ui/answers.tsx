import { ApiError, isClientErrorCode } from '@pumphouse/client';
import { errorAnchor } from '@pumphouse/contract';
import { classifyError, type ErrorKind } from '../api/error-kind.ts';
import { Alert, Button, Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './answers.module.css';

/** Shows the server's error message and its code. */
export function ErrorNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { title, detail, code } = describeError(error);
  return (
    <Alert color="red" variant="light" title={title} role="alert" className={classes.error}>
      <p className={classes.detail}>{detail}</p>
      {code !== null && (
        <p className={classes.code}>{isClientErrorCode(code) ? code : <CodeLink code={code} />}</p>
      )}
      {onRetry && (
        <Button size="compact-sm" variant="default" onClick={onRetry}>
          Try again
        </Button>
      )}
    </Alert>
  );
}

/** Links to what a code of the server means. The URL is relative to the base of the page, as the console's own are. */
function CodeLink({ code }: { code: string }) {
  return (
    <a
      href={`docs/operate/errors.html#${errorAnchor(code)}`}
      target="_blank"
      rel="noreferrer"
      title="What this code means"
    >
      {code}
    </a>
  );
}

/** Returns what the page says about an error: the server's own words where it answered. */
export function describeError(error: unknown): { title: string; detail: string; code: string | null } {
  const kind = classifyError(error);
  if (error instanceof ApiError)
    return { title: titles[kind], detail: error.detail, code: error.code ?? null };
  if (kind === 'server-away') return { title: titles[kind], detail: awayDetail, code: null };
  return { title: titles[kind], detail: error instanceof Error ? error.message : String(error), code: null };
}

const titles: Record<ErrorKind, string> = {
  'not-found': 'Not found',
  'no-access': 'No access',
  'server-away': 'Cannot reach the server',
  failed: 'The request failed',
};

const awayDetail =
  'The server may be restarting. The data on this page may be outdated. It updates when the server responds.';

/** Empty state: why the list is empty and how to fill it. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={classes.empty}>
      <p className={classes.emptyTitle}>{title}</p>
      {children !== undefined && <div className="quiet">{children}</div>}
    </div>
  );
}

/**
 * Keeps the place of what is loading, so that nothing below it moves.
 * @param height in pixels, or as CSS
 */
export function LoadingSpace({ height }: { height: number | string }) {
  return <div role="status" aria-label="Loading" style={{ height }} />;
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
