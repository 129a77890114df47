import type { ReactNode } from 'react';
import { useInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Empty, ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { MoreRows } from '../../ui/more-rows.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { incidentsOf, rulesOf } from './alert-queries.ts';
import { AlertTabs } from './alert-tabs.tsx';
import { IncidentRows } from './incident-rows.tsx';

/** Incidents of the workspace: open ones first, then those that are over. */
export function AlertsPage() {
  const { id } = useWorkspace();
  return (
    <Page title="Alerts" lead="Problems that rules found. An incident resolves when its problem is over.">
      <AlertTabs workspaceId={id} />
      <Incidents title="Open" isOpen>
        <OpenEmpty />
      </Incidents>
      <Incidents title="Resolved" isOpen={false}>
        <Empty title="No resolved incidents" />
      </Incidents>
    </Page>
  );
}

function Incidents({ title, isOpen, children }: { title: string; isOpen: boolean; children: ReactNode }) {
  const { id } = useWorkspace();
  const list = useInfiniteQuery(incidentsOf(id, isOpen));
  const incidents = list.data?.items ?? [];
  return (
    <Section title={title}>
      {list.error && <ErrorNotice error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <LoadingRows count={2} />}
      {list.data && incidents.length === 0 && children}
      {incidents.length > 0 && <IncidentRows incidents={incidents} />}
      <MoreRows
        hasMore={list.hasNextPage}
        isLoading={list.isFetchingNextPage}
        onMore={() => void list.fetchNextPage()}
      />
    </Section>
  );
}

/** Says whether anything is watched at all. */
function OpenEmpty() {
  const { id } = useWorkspace();
  const { data } = useSuspenseQuery(rulesOf(id));
  if (data.rules.some((rule) => rule.is_enabled)) return <Empty title="No open incidents" />;
  return (
    <Empty title="No rules watch this workspace">
      <span className="linked-text">
        <Link to="/w/$workspaceId/alerts/rules" params={{ workspaceId: id }}>
          Add rules
        </Link>{' '}
        to learn of failed, late and long runs, and of missing data.
      </span>
    </Empty>
  );
}
