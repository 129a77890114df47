import { listAttributesWithoutEffect, type DetailedJobResponse } from '@pumphouse/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import classes from './job.module.css';
import { CodeText } from '../../ui/code-text.tsx';
import { describeTriggerShortly } from '../../details/run-cause.ts';
import { DetailLine } from '../../ui/page.tsx';
import { JobAlertRules, useJobAlerts } from './job-alerts.tsx';
import { JobLoads } from './job-loads.tsx';
import { listLoads } from './list-loads.ts';
import { loadsOfJob } from '../lineage/lineage-queries.ts';
import { Notice } from '../../ui/notice.tsx';
import { ticksOfJob } from './job-queries.ts';
import { ClockTime, Time } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** What starts a job, what it loads, and what covers it, in a line. All settings are in the tab Definition. */
export function JobDetailLine({ job }: { job: DetailedJobResponse }) {
  const { id: workspaceId } = useWorkspace();
  const { data } = useQuery(ticksOfJob(workspaceId, job.id));
  const lineage = useQuery(loadsOfJob(workspaceId, job.job_ref));
  const alerts = useJobAlerts(job.id);
  const texts = new Map(data?.triggers.map(({ trigger, trigger_text: text }) => [trigger, text]));
  // Tags are listed separately.
  const triggers = (job.triggers ?? [])
    .filter((trigger) => !trigger.startsWith('tag:'))
    .map((trigger) => texts.get(trigger) ?? describeTriggerShortly(trigger));
  const tags = listTags(job);
  const loads = lineage.data ? listLoads(lineage.data) : [];
  return (
    <DetailLine
      items={[
        ['Triggers', <Words key="triggers" words={triggers} />],
        ...listNext(job),
        ...(loads.length === 0 ? [] : [['Pipelines', <JobLoads key="loads" loads={loads} />] as const]),
        ...(job.profile == null ? [] : [['Profile', job.profile] as const]),
        ['Version', job.version],
        ...(tags.length === 0
          ? []
          : [['Tags', <Tags key="tags" workspaceId={workspaceId} tags={tags} />] as const]),
        ...(alerts === null
          ? []
          : [['Alerts', <JobAlertRules key="alerts" jobId={job.id} alerts={alerts} />] as const]),
      ]}
    />
  );
}

function listNext(job: DetailedJobResponse): (readonly [string, ReactNode])[] {
  const at = job.next_scheduled_run_at;
  if (at == null) return [];
  const jobZone = job.job_definition.require?.timezone ?? 'UTC';
  return [['Next run', job.is_paused ? 'paused' : <Next key="next" at={at} jobZone={jobZone} />]];
}

function Words({ words }: { words: readonly string[] }) {
  return (
    <span className={classes.triggers}>
      {words.map((text) => (
        <span key={text}>{text}</span>
      ))}
    </span>
  );
}

function Next({ at, jobZone }: { at: string; jobZone: string }) {
  return (
    <>
      <ClockTime at={at} jobZone={jobZone} hasJobClock />{' '}
      <span className="quiet">
        · <Time at={at} />
      </span>
    </>
  );
}

/** Declared attributes that the server ignores. Hiding them would suggest that they work. */
export function AttributesWithoutEffect({ job }: { job: DetailedJobResponse }) {
  const found = listAttributesWithoutEffect(job.job_definition);
  if (found.length === 0) return null;
  return (
    <Notice>
      <ul className={classes.withoutEffect}>
        {found.map(({ attribute, value, reason }) => (
          <li key={attribute}>
            <code>
              {attribute} = {value}
            </code>{' '}
            has no effect on this server: <CodeText text={reason} />.
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function Tags({ workspaceId, tags }: { workspaceId: string; tags: readonly string[] }) {
  return (
    <span className={classes.triggers}>
      {tags.map((tag) => (
        <Link key={tag} to="/w/$workspaceId/jobs" params={{ workspaceId }} search={{ tags: [tag] }}>
          {tag}
        </Link>
      ))}
    </span>
  );
}

/** Tags declared by `expose.tags` or as triggers: the server lists both among the triggers. */
function listTags({ triggers }: DetailedJobResponse): string[] {
  return (triggers ?? []).flatMap((trigger) =>
    trigger.startsWith('tag:') ? [trigger.slice('tag:'.length)] : [],
  );
}
