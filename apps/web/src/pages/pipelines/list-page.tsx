import { useState, type ReactNode } from 'react';
import table from '../../ui/table.module.css';
import { DaysChoice } from '../../ui/days-choice.tsx';
import { Empty } from '../../ui/answers.tsx';
import { FilterBar } from '../../search/filter-bar.tsx';
import { MoreRows } from '../../ui/more-rows.tsx';
import { Page } from '../../ui/page.tsx';
import { SearchBox } from '../../search/search-box.tsx';

const rowsAtOnce = 100;

interface ListPageProps<Row> {
  title: 'Pipelines' | 'Datasets';
  lead: string;
  /** All rows that match the filters. */
  rows: readonly Row[];
  q: string | undefined;
  onSearch: (q: string | undefined) => void;
  /** Filters next to the search box. */
  filters?: ReactNode;
  /** Empty state if no rows match the filters. */
  none: { title: string; description: string };
  renderTable: (rows: readonly Row[]) => ReactNode;
  /** Renders all rows at once, for a layout that is not a list. */
  isWhole?: boolean;
  /** Below the list. */
  note?: ReactNode;
}

/**
 * Page of all pipelines or datasets. Rows are filtered and sorted in the browser, so scrolling only renders
 * more.
 */
export function ListPage<Row>(props: ListPageProps<Row>) {
  const { title, lead, rows, q, onSearch, filters, none, renderTable, isWhole = false, note } = props;
  const [limit, setLimit] = useState(rowsAtOnce);
  const shown = isWhole ? rows.length : limit;
  return (
    <Page title={title} lead={lead}>
      <FilterBar>
        <SearchBox value={q} onSearch={onSearch} label={`Search ${title.toLowerCase()}`} />
        {filters}
        <DaysChoice />
      </FilterBar>
      <div className={table.frame}>
        {rows.length === 0 ? (
          <Empty title={none.title}>{none.description}</Empty>
        ) : (
          renderTable(rows.slice(0, shown))
        )}
        <MoreRows
          hasMore={rows.length > shown}
          isLoading={false}
          onMore={() => setLimit(limit + rowsAtOnce)}
        />
      </div>
      {note}
    </Page>
  );
}
