import type { JobCalendarResponse } from '@pumphouse/contract';
import { findJob } from '../jobs/find-job.ts';
import type { Session } from '../session/session.ts';
import { formatList } from '../terminal/list.ts';
import { parseTime } from './parse-time.ts';

/** The options of `backfill calendar`. */
export interface CalendarOptions {
  from?: string;
  to?: string;
}

type Day = JobCalendarResponse['days'][number];

/** Shows the windows of a job by day: the last 31 days unless the options name others. */
export async function showCalendar(
  session: Session,
  name: string,
  { from, to }: CalendarOptions,
): Promise<void> {
  const job = await findJob(session, name);
  const params = { workspace_id: await session.workspaceId(), job_id: job.id };
  const query = {
    ...(from !== undefined && { start: parseTime(from) }),
    ...(to !== undefined && { end: parseTime(to) }),
  };
  const calendar = await session.client.call('get_job_calendar', { params, query });
  session.show(calendar, () =>
    formatList(session.terminal, calendar.days, {
      empty: 'The job has no windows on these days.',
      columns: [
        { title: `DAY (${calendar.timezone})`, text: ({ date }) => date },
        ...states.map((state) => ({
          title: state.toUpperCase(),
          text: ({ counts }: Day) => (counts[state] === 0 ? '' : `${counts[state]}`),
          isNumber: true,
        })),
      ],
    }),
  );
}

const states = ['completed', 'running', 'failed', 'invalidated', 'missing'] as const;
