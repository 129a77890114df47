import type { AuditEntryResponse } from '@pumphouse/contract';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Outcome } from '../../forms/change-form.tsx';
import { ActionButton } from '../../ui/action-button.tsx';
import { Empty, ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { MoreRows } from '../../ui/more-rows.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { saveFile } from '../../ui/save-file.ts';
import { AuditFilters } from './audit-filters.tsx';
import { AuditRows } from './audit-rows.tsx';
import type { AuditLogSearch } from './audit-log-search.ts';

interface AuditLogViewProps {
  /** Name of the workspace or organization, for the file name. */
  name: string;
  lead: string;
  search: AuditLogSearch;
  onSearch: (search: AuditLogSearch) => void;
  people: readonly { value: string; label: string }[];
  list: {
    data: { items: readonly AuditEntryResponse[] } | undefined;
    error: unknown;
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    fetchNextPage: () => Promise<unknown>;
  };
  readAll: () => Promise<ReadableStream<Uint8Array>>;
}

/** Audit log of a workspace or an organization, newest first. */
export function AuditLogView({ name, lead, search, onSearch, people, list, readAll }: AuditLogViewProps) {
  const [outcome, setOutcome] = useState<string | null>(null);
  const save = useMutation({
    mutationFn: async () => {
      const file = await new Response(await readAll()).blob();
      saveFile(`${name}-audit-log.ndjson`, file);
      return file.size;
    },
    onSuccess: (bytes) =>
      setOutcome(bytes === 0 ? 'No entries to export.' : 'Exported as JSON lines, one entry per line.'),
  });
  const isFiltered = Object.values(search).some((value) => value !== undefined);
  return (
    <Page
      title="Audit log"
      lead={lead}
      actions={
        <ActionButton
          size="compact-md"
          loading={save.isPending}
          hint="Exports all entries that match the filters as JSON lines."
          onClick={() => save.mutate()}
        >
          Export
        </ActionButton>
      }
    >
      <AuditFilters search={search} onSearch={onSearch} people={people} />
      <Outcome text={outcome} />
      {save.error !== null && <ErrorNotice error={save.error} />}
      {list.error !== null && list.error !== undefined && <ErrorNotice error={list.error} />}
      <Section title="Changes">
        {!list.data && <LoadingRows />}
        {list.data?.items.length === 0 && (
          <Empty title={isFiltered ? 'No entries match these filters' : 'No entries yet'}>
            {isFiltered ? 'Remove a filter.' : 'Every change is recorded here.'}
          </Empty>
        )}
        {list.data && list.data.items.length > 0 && (
          <AuditRows
            entries={list.data.items}
            onTarget={(target) => onSearch({ ...search, target })}
            onActor={(who) => onSearch({ ...search, who })}
          />
        )}
        <MoreRows
          hasMore={list.hasNextPage}
          isLoading={list.isFetchingNextPage}
          onMore={() => void list.fetchNextPage()}
        />
      </Section>
    </Page>
  );
}
