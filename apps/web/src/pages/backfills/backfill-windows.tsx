import {
  backfillWindowState,
  type BackfillWindowResponse,
  type BackfillWindowState,
} from '@pumphouse/contract';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import classes from './backfills.module.css';
import { ActionButton } from '../../ui/action-button.tsx';
import { Empty, ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { operation } from '../../api/operation.ts';
import { formatNoun } from '../../ui/format.ts';
import { RowCheckbox } from '../../ui/row-checkbox.tsx';
import { OptionSelect } from '../../ui/option-select.tsx';
import { Section } from '../../ui/page.tsx';
import { SelectedWindows } from './selected-windows.tsx';
import { ClockTime } from '../../ui/time.tsx';
import { State } from '../../ui/state.tsx';
import table from '../../ui/table.module.css';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { windowAppearance } from './backfill-texts.ts';

const pageSize = 50;
const filters = [
  { value: 'all', label: 'All states' },
  ...backfillWindowState.options.map((value) => ({ value, label: windowAppearance(value).word })),
] as const;

/** Windows of one backfill in pages, with their runs, and what can be done with selected ones. */
export function BackfillWindows({ jobId, backfillId }: { jobId: string; backfillId: string }) {
  const { id: workspaceId, params } = useWorkspace();
  const of = { ...params, backfill_id: backfillId };
  const [filter, setFilter] = useState<BackfillWindowState | 'all'>('all');
  /** The number before the first window of each page, up to the shown one. */
  const [pages, setPages] = useState<readonly number[]>([0]);
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set());
  const backfill = useQuery(operation('get_backfill', { params: of }));
  const { data, error, isPending, refetch } = useQuery({
    ...operation('list_backfill_windows', {
      params: of,
      query: {
        after: pages.at(-1) ?? 0,
        limit: pageSize,
        ...(filter !== 'all' && { status: [filter] }),
      },
    }),
    placeholderData: keepPreviousData,
  });

  function show(next: readonly number[]): void {
    setPages(next);
    setSelected(new Set());
  }

  function toggle(number: number): void {
    const next = new Set(selected);
    if (!next.delete(number)) next.add(number);
    setSelected(next);
  }

  if (error) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  const windows = data?.items ?? [];
  const nextAfter = data?.next_after ?? null;
  const isAllSelected = windows.length > 0 && windows.every(({ number }) => selected.has(number));
  return (
    <Section
      title="Windows of the backfill"
      aside={
        <OptionSelect
          size="xs"
          aria-label="State of windows"
          options={filters}
          value={filter}
          onChoose={(chosen) => {
            setFilter(chosen);
            show([0]);
          }}
        />
      }
    >
      {backfill.data && (
        <p className={classes.preview}>
          <ClockTime at={backfill.data.start} /> – <ClockTime at={backfill.data.end} />.{' '}
          {backfill.data.pause_detail ?? backfill.data.wait_reason}
        </p>
      )}
      <SelectedWindows
        jobId={jobId}
        backfillId={backfillId}
        windows={windows.filter(({ number }) => selected.has(number))}
        onDone={() => setSelected(new Set())}
      />
      {isPending && <LoadingRows />}
      {!isPending && windows.length === 0 && <Empty title="No windows in this state" />}
      {windows.length > 0 && (
        <div className={table.scroll}>
          <table className={table.table}>
            <thead>
              <tr>
                <th scope="col" className={classes.choice}>
                  <RowCheckbox
                    label="Select all windows of this page"
                    checked={isAllSelected}
                    onChange={() =>
                      setSelected(new Set(isAllSelected ? [] : windows.map(({ number }) => number)))
                    }
                  />
                </th>
                <th scope="col">Window</th>
                <th scope="col">State</th>
                <th scope="col">Run</th>
              </tr>
            </thead>
            <tbody>
              {windows.map((window) => (
                <WindowRow
                  key={window.number}
                  workspaceId={workspaceId}
                  window={window}
                  isSelected={selected.has(window.number)}
                  onToggle={() => toggle(window.number)}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <div className={classes.below}>
        <ActionButton
          whyNot={pages.length === 1 ? 'These are the first windows.' : null}
          onClick={() => show(pages.slice(0, -1))}
        >
          Previous windows
        </ActionButton>
        <ActionButton
          whyNot={nextAfter === null ? 'These are the last windows.' : null}
          onClick={() => nextAfter !== null && show([...pages, nextAfter])}
        >
          Next windows
        </ActionButton>
      </div>
    </Section>
  );
}

interface WindowRowProps {
  workspaceId: string;
  window: BackfillWindowResponse;
  isSelected: boolean;
  onToggle: () => void;
}

function WindowRow({ workspaceId, window, isSelected, onToggle }: WindowRowProps) {
  return (
    <tr>
      <td>
        <RowCheckbox label={`Select window ${window.number}`} checked={isSelected} onChange={onToggle} />
      </td>
      <td data-wide="true">
        <ClockTime at={window.start} /> – <ClockTime at={window.end} />
        <div className="quiet">
          Window {window.number}
          {window.retry_count > 0 && `, retried ${formatNoun(window.retry_count, 'time')}`}
        </div>
      </td>
      <td data-wide="true">
        <State look={windowAppearance(window.status)} />
        {window.wait_reason !== null && <div className="quiet">{window.wait_reason}</div>}
      </td>
      <td data-label="run">
        {window.job_run_id !== null && (
          <Link to="/w/$workspaceId/runs/$jobRunId" params={{ workspaceId, jobRunId: window.job_run_id }}>
            #{window.job_run_number}
          </Link>
        )}
      </td>
    </tr>
  );
}
