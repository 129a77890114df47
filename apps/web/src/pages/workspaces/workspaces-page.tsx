import { Checkbox } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { operation } from '../../api/operation.ts';
import { operationPages } from '../../api/operation-pages.ts';
import { queryClient } from '../../api/query-client.ts';
import { Outcome } from '../../forms/change-form.tsx';
import { Empty, ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { MoreRows } from '../../ui/more-rows.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { FirstStepsWithoutWorkspace } from '../first-steps/first-steps.tsx';
import { useOrganization } from '../../workspace/use-organization.ts';
import { NewWorkspace } from './new-workspace.tsx';
import { WorkspaceRows } from './workspace-rows.tsx';

const pollMs = 5000;
/** Events cover one workspace, so the health of all of them is polled. */
const healthEveryMs = 30_000;

/**
 * Workspaces of an organization, with a form to create one. Without any workspace it shows the first steps.
 */
export function WorkspacesPage() {
  const { id, me, params, whyNot } = useOrganization();
  const mayCreate = whyNot('workspace.create') === null;
  const { archived } = useSearch({ from: '/signed-in/organizations/$organizationId/' });
  const navigate = useNavigate();
  const [outcome, setOutcome] = useState<string | null>(null);
  const list = useInfiniteQuery({
    ...operationPages('list_workspaces', {
      params,
      query: { include_archived: archived === true, sort: ['name'], order: ['asc'] },
    }),
    // No event reports a workspace that a client creates.
    refetchInterval: ({ state }) => (state.data?.pages[0]?.items.length === 0 ? pollMs : false),
  });
  const health = useQuery({ ...operation('list_workspace_health'), refetchInterval: healthEveryMs });
  const workspaces = list.data?.items ?? [];
  useFirstWorkspace(list.data && (workspaces[0]?.id ?? null));
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
        {health.error && <ErrorNotice error={health.error} onRetry={() => void health.refetch()} />}
        {!list.data && !list.error && <LoadingRows />}
        {list.data && workspaces.length === 0 && (
          <Empty title="No workspaces yet">
            {mayCreate
              ? 'The first steps create one from your terminal. You can also create one with the form below.'
              : 'Ask an owner of the organization to create one.'}
          </Empty>
        )}
        {workspaces.length > 0 && (
          <WorkspaceRows workspaces={workspaces} health={health.data?.items ?? []} onOutcome={setOutcome} />
        )}
        <MoreRows
          hasMore={list.hasNextPage}
          isLoading={list.isFetchingNextPage}
          onMore={() => void list.fetchNextPage()}
        />
      </Section>
      {list.data && workspaces.length === 0 && mayCreate && <FirstStepsWithoutWorkspace />}
      <NewWorkspace />
    </Page>
  );
}

/**
 * Opens the first workspace when it appears while the user views the empty list.
 * @param workspaceId null for none, undefined until known
 */
function useFirstWorkspace(workspaceId: string | null | undefined): void {
  const navigate = useNavigate();
  const wasEmpty = useRef(false);
  useEffect(() => {
    if (wasEmpty.current && workspaceId)
      void fetchAnew(queryClient, ['get_organization_me']).then(() =>
        navigate({ to: '/w/$workspaceId', params: { workspaceId } }),
      );
    wasEmpty.current = workspaceId === null;
  }, [workspaceId, navigate]);
}
