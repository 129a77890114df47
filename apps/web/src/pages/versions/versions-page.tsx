import { Page } from '../../ui/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { VersionList, type VersionListProps } from './version-list.tsx';
import { useActiveRuns, type Version, type VersionKind } from './version-queries.ts';
import { VersionTabs } from './version-tabs.tsx';

interface VersionsPageProps<Row extends Version> extends Omit<VersionListProps<Row>, 'activeRuns'> {
  kind: VersionKind;
  /** Explains this kind of version. */
  lead: string;
}

/** Page of all versions of a kind, with tabs for both kinds. */
export function VersionsPage<Row extends Version>({ kind, lead, ...list }: VersionsPageProps<Row>) {
  const { id } = useWorkspace();
  const activeRuns = useActiveRuns(id, kind);
  return (
    <Page title="Versions" lead={lead}>
      <VersionTabs workspaceId={id} />
      <VersionList activeRuns={activeRuns} {...list} />
    </Page>
  );
}
