import { Anchor } from '@mantine/core';
import { Link, type ErrorComponentProps } from '@tanstack/react-router';
import { Empty, ErrorNotice, LoadingRows } from '../look/answers.tsx';
import { Page } from '../look/page.tsx';

export function PagePending() {
  return <LoadingRows count={12} />;
}

export function PageError({ error, reset }: ErrorComponentProps) {
  return (
    <Page title="Problem">
      <ErrorNotice error={error} onRetry={reset} />
    </Page>
  );
}

export function NotFound() {
  return (
    <Page title="Not found">
      <Empty title="There is no such page">
        The address may be mistyped, or what it led to was removed.{' '}
        <Anchor component={Link} to="/">
          Go to your workspace
        </Anchor>
      </Empty>
    </Page>
  );
}
