import type { Permission } from '@pumphouse/contract';
import type { ReactNode } from 'react';
import { AskingButton } from '../../look/asking-button.tsx';
import { formatBytes, formatCount } from '../../look/format.ts';
import { Facts, Page, Section } from '../../look/page.tsx';
import { ClockTime } from '../../look/time.tsx';
import { usePeople } from '../../workspace/use-people.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { RunsOfVersion } from './runs-of-version.tsx';
import type { Version, VersionKind } from './version-queries.ts';

interface VersionPageProps {
  kind: VersionKind;
  /** What it is called: "Code v3". */
  name: string;
  version: Version;
  /** The one that new runs use; undefined while it is on its way. */
  latest: { id: string } | undefined;
  /** The version after it, or none; undefined while the answer is on its way. */
  next: { items: readonly { created_at: string }[] } | undefined;
  /** The way to all versions of the kind. */
  lead: ReactNode;
  rollBack: {
    permission: Permission;
    call: () => Promise<{ id: string }>;
    onDone: (newId: string) => void;
    /** What becomes of the rest. */
    says: ReactNode;
  };
  /** Facts that only this kind of version has. */
  facts: Parameters<typeof Facts>[0]['facts'];
  /** What changed with it. */
  children: ReactNode;
}

/** The page of one version, of code or of configuration: what it is, the way back to it, what changed with it, and its runs. */
export function VersionPage(props: VersionPageProps) {
  const { kind, name, version, latest, next, lead, rollBack, facts, children } = props;
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
          label="Roll back to this"
          size="compact-md"
          question={`Roll back to ${name.toLowerCase()}?`}
          action="Roll back"
          whyNot={
            whyNotChange(rollBack.permission) ??
            (isLatest || latest === undefined ? 'It is the latest already.' : null)
          }
          act={rollBack.call}
          onDone={({ id: newId }) => rollBack.onDone(newId)}
        >
          {rollBack.says}
        </AskingButton>
      }
    >
      <Section title="Details">
        <Facts
          facts={[
            ['Uploaded', <ClockTime key="at" at={version.created_at} />],
            ['By', nameOf(version.created_by)],
            ['Files', formatCount(version.file_count)],
            ['Size', formatBytes(version.size_bytes)],
            ...facts,
          ]}
        />
      </Section>
      {children}
      {next && <RunsOfVersion kind={kind} version={version} nextAt={next.items[0]?.created_at} />}
    </Page>
  );
}
