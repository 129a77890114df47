import type { RouteResponse } from '@pumphouse/contract';
import { useQuery } from '@tanstack/react-query';
import classes from './job.module.css';
import { ClockTime, Time } from '../../ui/time.tsx';
import { Empty, ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Section } from '../../ui/page.tsx';
import { ScheduleCalendar } from './schedule-calendar.tsx';
import { ticksOfJob } from './job-queries.ts';
import { useJob } from './use-job.ts';
import { shownZone } from '../../ui/time-zone.ts';

type TriggerTicks = RouteResponse<'list_job_next_ticks'>['triggers'][number];

/** Triggers of a job: a month of its past and planned starts, and the next ticks. */
export default function ScheduleTab() {
  const { workspaceId, jobId } = useJob();
  const { data, error, isPending, refetch } = useQuery(ticksOfJob(workspaceId, jobId));
  if (isPending) return <LoadingRows />;
  if (error) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  const timed = data.triggers.filter(({ time_zone: zone }) => zone !== null);
  // Tags only select jobs for bulk starts; they never start a job by themselves.
  const others = data.triggers.filter(
    ({ time_zone: zone, trigger }) => zone === null && !trigger.startsWith('tag:'),
  );
  return (
    <>
      {(data.is_paused || data.is_archived) && (
        <Notice>
          {data.is_archived
            ? 'This job is archived and does not start.'
            : 'This job is paused. Its schedule starts no runs until you resume it.'}
        </Notice>
      )}
      {timed.length === 0 && (
        <Empty title="Not scheduled">
          Add a trigger such as <code>schedule:0 6 * * *</code> or <code>every:1h</code>, and deploy.
        </Empty>
      )}
      <ScheduleCalendar />
      {timed.map((each) => (
        <Ticks key={each.trigger} trigger={each} isHeld={data.is_paused || data.is_archived} />
      ))}
      {timed.length > 0 && (
        <p className={`quiet ${classes.remark}`}>
          Missed ticks are caught up in one run unless the configuration sets{' '}
          <code>catch_up = &quot;skip&quot;</code> for the job.
        </p>
      )}
      {others.length > 0 && (
        <Section title="Other triggers">
          <ul className={classes.plainList}>
            {others.map(({ trigger, trigger_text: text }) => (
              <li key={trigger}>
                {text} <span className="quiet mono">{trigger}</span>
              </li>
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}

function Ticks({ trigger, isHeld }: { trigger: TriggerTicks; isHeld: boolean }) {
  const { trigger: raw, trigger_text: text, time_zone: zone, ticks } = trigger;
  return (
    <Section
      title={text.charAt(0).toUpperCase() + text.slice(1)}
      aside={
        <span className="quiet">
          <span className="mono">{raw}</span> in {zone}
        </span>
      }
    >
      {ticks.length === 0 ? (
        <Empty title="No further ticks" />
      ) : (
        <ol className={classes.ticks} aria-label={`Next ticks, in ${shownZone()}`}>
          {ticks.map((at) => (
            <li key={at} data-held={isHeld}>
              <ClockTime at={at} jobZone={zone} hasJobClock />
              <span className="quiet">
                <Time at={at} />
              </span>
            </li>
          ))}
        </ol>
      )}
      <p className={`quiet ${classes.zone}`}>Times are shown in {shownZone()}.</p>
    </Section>
  );
}
