import type { ComponentType, ReactNode } from 'react';
import { ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { formatBytes, formatCount, formatNoun } from '../../ui/format.ts';
import { MoreRows } from '../../ui/more-rows.tsx';
import { Section } from '../../ui/page.tsx';
import table from '../../ui/table.module.css';
import { Time } from '../../ui/time.tsx';
import { usePeople } from '../../workspace/use-people.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import people from '../people/people.module.css';
import classes from './versions.module.css';
import type { Version } from './version-queries.ts';

interface VersionRowsProps<Row extends Version> {
  versions: readonly Row[];
  /** Renders the name with a link to the version's page. */
  Name: ComponentType<{ version: Row }>;
  /** Why a version was created; versions of a kind without messages have no such column. */
  messageOf?: (version: Row) => string | null;
  /** Number of active runs by version id. */
  activeRuns: ReadonlyMap<string, number>;
  /** A column that only this kind of version has. */
  extra: { head: string; isNumber: boolean; cell: (version: Row) => ReactNode };
}

export interface VersionListProps<Row extends Version> extends Omit<VersionRowsProps<Row>, 'versions'> {
  title: string;
  list: {
    data: { items: readonly Row[] } | undefined;
    error: unknown;
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    fetchNextPage: () => Promise<unknown>;
  };
  /** Empty state. */
  empty: ReactNode;
}

/** List of all versions of a kind. */
export function VersionList<Row extends Version>({ title, list, empty, ...rows }: VersionListProps<Row>) {
  const versions = list.data?.items;
  return (
    <Section title={title}>
      {list.error !== null && <ErrorNotice error={list.error} />}
      {!versions && list.error === null && <LoadingRows />}
      {versions?.length === 0 && empty}
      {versions && versions.length > 0 && <VersionRows versions={versions} {...rows} />}
      <MoreRows
        hasMore={list.hasNextPage}
        isLoading={list.isFetchingNextPage}
        onMore={() => void list.fetchNextPage()}
      />
    </Section>
  );
}

/** Versions, newest first. New runs use the first one. */
function VersionRows<Row extends Version>(props: VersionRowsProps<Row>) {
  const { versions, Name, messageOf, activeRuns, extra } = props;
  const { id } = useWorkspace();
  const nameOf = usePeople(id);
  const hasMessages = messageOf !== undefined && versions.some((version) => messageOf(version) !== null);
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Version</th>
            {hasMessages && <th scope="col">Message</th>}
            <th scope="col">Uploaded</th>
            <th scope="col">By</th>
            <th scope="col" className="number">
              Files
            </th>
            <th scope="col" className="number">
              Size
            </th>
            <th scope="col" className={extra.isNumber ? 'number' : undefined}>
              {extra.head}
            </th>
            <th scope="col">Active runs</th>
          </tr>
        </thead>
        <tbody>
          {versions.map((version, index) => (
            <tr key={version.id}>
              <td data-wide="true">
                <Name version={version} />
                {index === 0 && (
                  <span className={people.mark} title="New runs use this version.">
                    latest
                  </span>
                )}
              </td>
              {hasMessages && <MessageCell message={messageOf(version)} />}
              <td>
                <Time at={version.created_at} />
              </td>
              <td>{nameOf(version.created_by)}</td>
              <td className="number" data-label="files">
                {formatCount(version.file_count)}
              </td>
              <td className="number" data-label="size">
                {formatBytes(version.size_bytes)}
              </td>
              <td className={extra.isNumber ? 'number' : undefined} data-label={extra.head.toLowerCase()}>
                {extra.cell(version)}
              </td>
              <td>{describeUse(activeRuns.get(version.id) ?? 0)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The first line of a message; the whole message on hover. */
function MessageCell({ message }: { message: string | null }) {
  return (
    <td className={classes.firstLine} title={message ?? undefined} data-wide="true">
      {message?.split('\n', 1)[0]}
    </td>
  );
}

function describeUse(count: number): string {
  if (count === 0) return '';
  return formatNoun(count, 'run');
}
