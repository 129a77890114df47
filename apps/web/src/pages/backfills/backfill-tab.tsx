import { useInfiniteQuery, useQueries } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { DaySelection } from './calendar-days.ts';
import classes from './backfills.module.css';
import { BackfillForm } from './backfill-form.tsx';
import { BackfillRows } from './backfill-rows.tsx';
import { BackfillWindows } from './backfill-windows.tsx';
import { backfillsOfJob, calendarOfMonth } from './backfill-queries.ts';
import { Empty, ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { InvalidateButton } from './invalidate-button.tsx';
import { listMonths } from '../../calendar/months.ts';
import { MoreRows } from '../../ui/more-rows.tsx';
import { Outcome } from '../../forms/change-form.tsx';
import { rangeOfSelection } from './calendar-days.ts';
import { Section } from '../../ui/page.tsx';
import { shownMonths, WindowCalendar } from './window-calendar.tsx';
import { useJob } from '../jobs/use-job.ts';

/** Windows of a job by day, a form that loads selected ones, and the backfills of the job. */
export default function BackfillTab() {
  const { workspaceId, jobId, job } = useJob();
  const { backfill: shownId } = useSearch({ from: '/signed-in/w/$workspaceId/jobs/$job' });
  const [last, setLast] = useState(() => {
    const now = new Date();
    return { year: now.getUTCFullYear(), month: now.getUTCMonth() };
  });
  const [selection, setSelection] = useState<DaySelection | null>(null);
  const [outcome, setOutcome] = useState<string | null>(null);
  const isTimed = job.job_definition.triggers.some((trigger) => /^(?:schedule|every):/.test(trigger));
  const params = { workspace_id: workspaceId, job_id: jobId };
  const months = useQueries({
    queries: listMonths(last, shownMonths).map((month) => ({
      ...calendarOfMonth(params, month),
      enabled: isTimed,
    })),
  });
  if (!isTimed || job.job_type !== 'batch') {
    return (
      <Empty title="No windows">
        Only a job with a trigger such as <code>schedule:0 6 * * *</code> or <code>every:1h</code> has windows
        to load again.
      </Empty>
    );
  }
  const error = months.find((month) => month.error !== null)?.error ?? null;
  const days = new Map(months.flatMap(({ data }) => data?.days.map((day) => [day.date, day] as const) ?? []));
  const zone = months.find(({ data }) => data !== undefined)?.data?.timezone;
  const range = rangeOfSelection(selection, days);
  return (
    <>
      <Section
        title="Windows"
        aside={zone !== undefined && <span className="quiet">Days are those of {zone}.</span>}
      >
        {error !== null && <ErrorNotice error={error} />}
        <WindowCalendar
          last={last}
          onMove={setLast}
          days={days}
          selection={selection}
          onSelect={setSelection}
        />
      </Section>
      <Section
        title="New backfill"
        aside={range !== null && <InvalidateButton jobId={jobId} ranges={[range]} onDone={setOutcome} />}
      >
        {range === null ? (
          <p className={`quiet ${classes.below}`}>
            {selection === null
              ? 'Select days in the calendar: click, drag, or press an arrow key with Shift.'
              : 'No window begins on the selected days. Select days that have a state.'}
          </p>
        ) : (
          <BackfillForm jobId={jobId} range={range} onCreated={setOutcome} />
        )}
        <div className={classes.outcome}>
          <Outcome text={outcome} />
        </div>
      </Section>
      <Backfills workspaceId={workspaceId} jobId={jobId} shownId={shownId} />
      {shownId !== undefined && <BackfillWindows key={shownId} jobId={jobId} backfillId={shownId} />}
    </>
  );
}

interface BackfillsProps {
  workspaceId: string;
  jobId: string;
  /** The one whose windows are shown. */
  shownId: string | undefined;
}

function Backfills({ workspaceId, jobId, shownId }: BackfillsProps) {
  const { data, error, isPending, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } =
    useInfiniteQuery(backfillsOfJob(workspaceId, jobId));
  if (isPending) return <LoadingRows />;
  if (error) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  return (
    <Section title="Backfills">
      {data.items.length === 0 ? (
        <Empty title="No backfills yet" />
      ) : (
        <BackfillRows backfills={data.items} shownId={shownId} />
      )}
      <MoreRows hasMore={hasNextPage} isLoading={isFetchingNextPage} onMore={() => void fetchNextPage()} />
    </Section>
  );
}
