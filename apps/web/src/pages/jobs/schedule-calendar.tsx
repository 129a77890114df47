import { Button } from '@mantine/core';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useRef, type KeyboardEvent, type ReactNode } from 'react';
import classes from './schedule-calendar.module.css';
import { dayKinds, describeCounts, listCounts, type DayKind, type ScheduleDay } from './schedule-days.ts';
import {
  formatMonth,
  listWeeks,
  monthOf,
  nameDay,
  nameMonth,
  parseMonth,
  shiftMonth,
  type Month,
} from '../../calendar/months.ts';
import { ErrorNotice } from '../../ui/answers.tsx';
import { formatCount } from '../../ui/format.ts';
import { MonthTable } from '../../calendar/month-table.tsx';
import { useDayFocus } from '../../calendar/use-day-focus.ts';
import { scheduleDaysOfJob } from './job-queries.ts';
import { Section } from '../../ui/page.tsx';
import { Time, useNow } from '../../ui/time.tsx';
import { useJob } from './use-job.ts';

const jobPage = '/w/$workspaceId/jobs/$job';
const legend: readonly DayKind[] = [
  'completed',
  'failed',
  'active',
  'cancelled',
  'skipped',
  'missed',
  'planned',
];

/** A month of a job: what happened on each day, and what its clock triggers plan. A day leads to its runs. */
export function ScheduleCalendar() {
  const { workspaceId, jobId, job } = useJob();
  const { month: asked } = useSearch({ from: '/signed-in/w/$workspaceId/jobs/$job' });
  const navigate = useNavigate({ from: jobPage });
  const current = monthOf(useNow(60));
  const month = parseMonth(asked) ?? current;
  const { data, error } = useQuery({
    ...scheduleDaysOfJob(workspaceId, jobId, month),
    placeholderData: keepPreviousData,
  });
  const show = (by: number) => {
    const next = formatMonth(shiftMonth(month, by));
    void navigate({
      search: (before) => ({ ...before, month: next === formatMonth(current) ? undefined : next }),
      replace: true,
    });
  };
  return (
    <Section
      title={nameMonth(month)}
      aside={
        <div className={classes.controls}>
          {job.job_type === 'batch' && (
            <Link from={jobPage} to="." search={{ tab: 'backfill' }}>
              Load days again
            </Link>
          )}
          <Button.Group>
            <Button size="compact-sm" variant="default" aria-label="Previous month" onClick={() => show(-1)}>
              ‹
            </Button>
            <Button size="compact-sm" variant="default" aria-label="Next month" onClick={() => show(1)}>
              ›
            </Button>
          </Button.Group>
        </div>
      }
    >
      {error !== null && <ErrorNotice error={error} />}
      <Days
        month={month}
        days={new Map(data?.days.map((day) => [day.date, day]))}
        nowAt={data?.now}
        isHeld={data?.is_paused === true || data?.is_archived === true}
      />
      <div className={classes.legend}>
        {legend.map((kind) => (
          <Count key={kind} kind={kind} text={dayKinds[kind].word} />
        ))}
        {data?.planned_until != null && (
          <span>
            Ticks are counted until <Time at={data.planned_until} />.
          </span>
        )}
      </div>
    </Section>
  );
}

interface DaysProps {
  month: Month;
  days: ReadonlyMap<string, ScheduleDay>;
  /** The current time of the server. */
  nowAt: string | undefined;
  /** The job is paused or archived: its ticks start nothing. */
  isHeld: boolean;
}

function Days({ month, days, nowAt, isHeld }: DaysProps) {
  const table = useRef<HTMLTableElement>(null);
  const { focused, move } = useDayFocus(table);
  const today = [...days.values()].find(
    ({ start, end }) => nowAt !== undefined && start <= nowAt && nowAt < end,
  )?.date;
  const dates = listWeeks(month).flat();
  const known = focused !== null && dates.includes(focused) ? focused : null;
  const reachable = known ?? today ?? dates.find((date) => date !== null);

  return (
    <MonthTable
      ref={table}
      month={month}
      className={classes.month}
      renderDay={(date) => (
        <Day
          date={date}
          month={nameMonth(month)}
          day={days.get(date)}
          isToday={date === today}
          isHeld={isHeld}
          isReachable={date === reachable}
          onKey={(event) => void move(event, date)}
        />
      )}
    />
  );
}

interface DayProps {
  date: string;
  /** "November 2026" */
  month: string;
  /** Undefined while it is loading. */
  day: ScheduleDay | undefined;
  isToday: boolean;
  isHeld: boolean;
  /** The one day that Tab reaches; arrow keys reach the others. */
  isReachable: boolean;
  onKey: (event: KeyboardEvent) => void;
}

function Day({ date, month, day, isToday, isHeld, isReachable, onKey }: DayProps) {
  const { workspaceId, jobId } = useJob();
  const counts = day ? listCounts(day) : [];
  return (
    <Link
      to="/w/$workspaceId/runs"
      params={{ workspaceId }}
      search={{ job_id: jobId, from: day?.start, to: day?.end }}
      className={classes.day}
      data-date={date}
      data-kind={counts[0]?.kind}
      data-today={isToday}
      data-held={isHeld}
      title={`Runs of ${nameDay(date)}: ${describeCounts(day)}`}
      tabIndex={isReachable ? 0 : -1}
      onKeyDown={onKey}
    >
      <span className={classes.number}>
        {Number(date.slice(8))}
        <span className="visually-hidden"> {month}</span>
      </span>
      {counts.map(({ kind, count }) => (
        <Count key={kind} kind={kind} text={formatCount(count)}>
          <span className="visually-hidden"> {dayKinds[kind].word}</span>
        </Count>
      ))}
    </Link>
  );
}

function Count({ kind, text, children }: { kind: DayKind; text: string; children?: ReactNode }) {
  const { glyph, colour } = dayKinds[kind];
  return (
    <span
      className={classes.count}
      data-kind={kind}
      style={{ '--colour': colour === null ? 'var(--quiet)' : `var(--state-${colour})` }}
    >
      <span aria-hidden="true">{glyph}</span> {text}
      {children}
    </span>
  );
}
