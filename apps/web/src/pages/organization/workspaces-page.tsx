import { Checkbox } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { operationPages } from '../../api/operation-pages.ts';
import { Outcome } from '../../forms/change-form.tsx';
import { Empty, ErrorNotice, LoadingRows } from '../../look/answers.tsx';
import { MoreRows } from '../../look/more-rows.tsx';
import { Page, Section } from '../../look/page.tsx';
import { useOrganization } from '../../workspace/use-organization.ts';
import { NewWorkspace } from './new-workspace.tsx';
import { WorkspaceRows } from './workspace-rows.tsx';

/** The workspaces of an organization, and making one. */
export function WorkspacesPage() {
  const { id, me, params } = useOrganization();
  const { archived } = useSearch({ from: '/signed-in/organizations/$organizationId/' });
  const navigate = useNavigate();
  const [outcome, setOutcome] = useState<string | null>(null);
  const list = useInfiniteQuery(
    operationPages('list_workspaces', {
      params,
      query: { include_archived: archived === true, sort: ['name'], order: ['asc'] },
    }),
  );
  const workspaces = list.data?.items ?? [];
  return (
    <Page
      title="Workspaces"
      lead="A workspace is one project folder: its jobs, runs, versions and members."
      actions={
        <Checkbox
          label="Show archived"
          checked={archived === true}
          onChange={(event) =>
            void navigate({
              to: '/organizations/$organizationId',
              params: { organizationId: id },
              search: { archived: event.currentTarget.checked || undefined },
            })
          }
        />
      }
    >
      <Outcome text={outcome} />
      <Section title={me.role === 'owner' ? 'All workspaces' : 'Your workspaces'}>
        {list.error && <ErrorNotice error={list.error} />}
        {!list.data && !list.error && <LoadingRows />}
        {list.data && workspaces.length === 0 && (
          <Empty title="There is no workspace yet">Make one below, then deploy to it.</Empty>
        )}
        {workspaces.length > 0 && <WorkspaceRows workspaces={workspaces} onOutcome={setOutcome} />}
        <MoreRows
          hasMore={list.hasNextPage}
          isLoading={list.isFetchingNextPage}
          onMore={() => void list.fetchNextPage()}
        />
      </Section>
      <NewWorkspace />
    </Page>
  );
}
