import type { Permission } from '@pumphouse/contract';
import type { ReactNode } from 'react';
import { AskingButton } from '../../ui/asking-button.tsx';
import { formatBytes, formatCount } from '../../ui/format.ts';
import { DetailList, Page, Section } from '../../ui/page.tsx';
import { ClockTime } from '../../ui/time.tsx';
import { usePeople } from '../../workspace/use-people.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { RunsOfVersion } from './runs-of-version.tsx';
import type { Version, VersionKind } from './version-queries.ts';

interface VersionPageProps {
  kind: VersionKind;
  /** Display name: "Deployment 3". */
  name: string;
  version: Version;
  /** The version that new runs use; undefined while loading. */
  latest: { id: string } | undefined;
  /** The next version, or an empty list; undefined while loading. */
  next: { items: readonly { created_at: string }[] } | undefined;
  /** Link to all versions of this kind. */
  lead: ReactNode;
  rollBack: {
    permission: Permission;
    call: () => Promise<{ id: string }>;
    onDone: (newId: string) => void;
    /** Consequences of the rollback. */
    description: ReactNode;
  };
  /** Details that only this kind of version has. */
  items: Parameters<typeof DetailList>[0]['items'];
  /** Changes of the version. */
  children: ReactNode;
}

/** Page of one deployment or configuration: details, rollback, changes and runs. */
export function VersionPage(props: VersionPageProps) {
  const { kind, name, version, latest, next, lead, rollBack, items, children } = props;
  const { id, whyNotChange } = useWorkspace();
  const nameOf = usePeople(id);
  const isLatest = latest?.id === version.id;
  return (
    <Page
      title={name}
      heading={`${name}${isLatest ? ' (latest)' : ''}`}
      lead={lead}
      actions={
        <AskingButton
          label="Roll back to this version"
          size="compact-md"
          question={`Roll back to ${name.toLowerCase()}?`}
          action="Roll back"
          whyNot={
            whyNotChange(rollBack.permission) ??
            (isLatest || latest === undefined ? 'This is already the latest version.' : null)
          }
          act={rollBack.call}
          onDone={({ id: newId }) => rollBack.onDone(newId)}
        >
          {rollBack.description}
        </AskingButton>
      }
    >
      <Section title="Details">
        <DetailList
          items={[
            ['Uploaded', <ClockTime key="at" at={version.created_at} />],
            ['By', nameOf(version.created_by)],
            ['Files', formatCount(version.file_count)],
            ['Size', formatBytes(version.size_bytes)],
            ...items,
          ]}
        />
      </Section>
      {children}
      {next && <RunsOfVersion kind={kind} version={version} nextAt={next.items[0]?.created_at} />}
    </Page>
  );
}
