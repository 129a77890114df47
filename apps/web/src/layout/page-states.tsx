import { Anchor } from '@mantine/core';
import { Link, type ErrorComponentProps } from '@tanstack/react-router';
import { Empty, ErrorNotice, LoadingRows } from '../ui/answers.tsx';
import { Page } from '../ui/page.tsx';

export function PagePending() {
  return <LoadingRows count={12} />;
}

export function PageError({ error, reset }: ErrorComponentProps) {
  return (
    <Page title="Something went wrong">
      <ErrorNotice error={error} onRetry={reset} />
    </Page>
  );
}

export function NotFound() {
  return (
    <Page title="Page not found">
      <Empty title="This page does not exist">
        Check the URL. The resource may have been removed.{' '}
        <Anchor component={Link} to="/">
          Go to your workspace
        </Anchor>
      </Empty>
    </Page>
  );
}
