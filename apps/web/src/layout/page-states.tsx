import { useQueryErrorResetBoundary } from '@tanstack/react-query';
import { Link, useRouter, type ErrorComponentProps } from '@tanstack/react-router';
import { classifyError } from '../api/error-kind.ts';
import { describeError, Empty, ErrorNotice, LoadingRows } from '../ui/answers.tsx';
import { Page } from '../ui/page.tsx';
import { ServerAway } from './server-away.tsx';
import { SignedInAs } from './signed-in-as.tsx';

export function PagePending() {
  return <LoadingRows count={12} />;
}

/** Replaces a page that could not load. What it offers depends on what a person can do about the error. */
export function PageError({ error, reset }: ErrorComponentProps) {
  const retry = useRetry(reset);
  const kind = classifyError(error);
  if (kind === 'server-away') return <ServerAway onBack={retry} />;
  if (kind === 'not-found') return <MissingPage detail={describeError(error).detail} />;
  if (kind === 'no-access') return <NoAccess detail={describeError(error).detail} />;
  return (
    <Page title="Something went wrong">
      <ErrorNotice error={error} onRetry={retry} />
    </Page>
  );
}

/** @returns a function that loads the page again, with the data that failed */
function useRetry(reset: () => void): () => void {
  const router = useRouter();
  const queries = useQueryErrorResetBoundary();
  return () => {
    queries.reset();
    reset();
    void router.invalidate();
  };
}

export function NotFound() {
  return <MissingPage detail="This page does not exist." />;
}

function MissingPage({ detail }: { detail: string }) {
  return (
    <Page title="Page not found">
      <Empty title={detail}>
        Check the URL. What it shows may have been removed. <Link to="/">Go to your workspace</Link>
      </Empty>
    </Page>
  );
}

function NoAccess({ detail }: { detail: string }) {
  return (
    <Page title="No access">
      <Empty title={detail}>
        <SignedInAs /> Ask an owner for a role that may open this page.{' '}
        <Link to="/">Go to your workspace</Link>
      </Empty>
    </Page>
  );
}
