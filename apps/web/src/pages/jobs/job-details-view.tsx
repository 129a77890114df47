import { listAttributesWithoutEffect, type DetailedJobResponse } from '@pumphouse/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import classes from './job.module.css';
import { CodeText } from '../../ui/code-text.tsx';
import { describeTriggerShortly } from '../../details/run-cause.ts';
import { DetailList, Section } from '../../ui/page.tsx';
import { JobLoads } from './job-loads.tsx';
import { listLoads } from './list-loads.ts';
import { loadsOfJob } from '../lineage/lineage-queries.ts';
import { listJobDetails } from './job-details.ts';
import { Notice } from '../../ui/notice.tsx';
import { ticksOfJob } from './job-queries.ts';
import { ClockTime, Time } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** Triggers and settings of a job. */
export function JobDetails({ job }: { job: DetailedJobResponse }) {
  const { id: workspaceId } = useWorkspace();
  const { data } = useQuery(ticksOfJob(workspaceId, job.id));
  const texts = new Map(data?.triggers.map(({ trigger, trigger_text: text }) => [trigger, text]));
  // Tags are listed separately.
  const message = (job.triggers ?? [])
    .filter((trigger) => !trigger.startsWith('tag:'))
    .map((trigger) => texts.get(trigger) ?? describeTriggerShortly(trigger));
  const next = job.next_scheduled_run_at;
  const triggers = (
    <span className={classes.triggers}>
      {message.map((text) => (
        <span key={text}>{text}</span>
      ))}
    </span>
  );
  const tags = listTags(job);
  const lineage = useQuery(loadsOfJob(workspaceId, job.job_ref));
  const loads = lineage.data ? listLoads(lineage.data) : [];
  return (
    <>
      <WithoutEffect job={job} />
      <Section title="Details">
        <DetailList
          items={[
            ['Triggers', triggers],
            ...(next == null
              ? []
              : [
                  [
                    'Next run',
                    job.is_paused ? (
                      'paused'
                    ) : (
                      <Next key="next" at={next} jobZone={job.job_definition.require?.timezone ?? 'UTC'} />
                    ),
                  ] as const,
                ]),
            ...listJobDetails(job),
            ...(loads.length === 0 ? [] : [['Pipelines', <JobLoads key="loads" loads={loads} />] as const]),
            ['Version', job.version],
            ...(tags.length === 0
              ? []
              : [['Tags', <Tags key="tags" workspaceId={workspaceId} tags={tags} />] as const]),
          ]}
        />
      </Section>
    </>
  );
}

function Next({ at, jobZone }: { at: string; jobZone: string }) {
  return (
    <>
      <ClockTime at={at} jobZone={jobZone} />{' '}
      <span className="quiet">
        · <Time at={at} />
      </span>
    </>
  );
}

/** Declared attributes that the server ignores. Hiding them would suggest that they work. */
function WithoutEffect({ job }: { job: DetailedJobResponse }) {
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
