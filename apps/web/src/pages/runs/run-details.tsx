import type { DetailedJobRunResponse, RunOverviewDetailResponse } from '@pumphouse/contract';
import { ApiError } from '@pumphouse/client';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import classes from './run.module.css';
import { ClockTime } from '../../ui/time.tsx';
import { CopyText } from '../../ui/copy-text.tsx';
import { Empty, ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { DetailList, Section } from '../../ui/page.tsx';
import { formatDuration, formatInstant } from '../../ui/format.ts';
import { toTexts } from '../jobs/job-inputs.ts';
import { operation } from '../../api/operation.ts';
import { runDetail, type RunParams } from './run-queries.ts';
import { RunState } from '../../ui/state.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** Details tab of a run: trigger, job settings, webhook payload, result and downstream runs. */
export default function RunDetails({ run, params }: { run: RunOverviewDetailResponse; params: RunParams }) {
  const { data: detail, error, refetch } = useQuery(runDetail(params));
  if (error !== null) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  if (detail === undefined) return <LoadingRows count={8} />;
  return (
    <>
      <Section title="Trigger">
        <DetailList
          items={[
            [
              'Trigger',
              <span key="trigger" className="mono">
                {run.trigger}
              </span>,
            ],
            ['Tick', run.tick_at === null ? '–' : <ClockTime key="tick" at={run.tick_at} />],
            ['Interval', describeInterval(run)],
            ...(run.backfill === null
              ? []
              : [['Backfill', <BackfillLink key="backfill" run={run} />] as const]),
            ['Refresh', run.refresh ? 'yes, everything is reloaded' : 'no'],
            ['Profile', run.profile],
            [
              'ID',
              <span key="id" className="mono">
                {run.id} <CopyText text={run.id} label="run ID" />
              </span>,
            ],
          ]}
        />
      </Section>
      <JobSettings detail={detail} />
      {run.trigger_kind === 'webhook' && <WebhookInput params={params} />}
      {run.trigger_kind !== 'webhook' && <StartInputs params={params} />}
      <JobResult params={params} />
      <DownstreamRuns detail={detail} />
    </>
  );
}

/** The window of a backfill that the run loads, with a link to its backfill. */
function BackfillLink({ run }: { run: RunOverviewDetailResponse }) {
  const { id: workspaceId } = useWorkspace();
  return (
    <Link
      to="/w/$workspaceId/jobs/$job"
      params={{ workspaceId, job: run.job_id }}
      search={{ tab: 'backfill' }}
    >
      Window {run.backfill?.window}
    </Link>
  );
}

function describeInterval({ interval_start: start, interval_end: end }: RunOverviewDetailResponse): string {
  // A manual start without an interval has equal start and end.
  if (start === null || end === null || start === end) return '–';
  return `${formatInstant(new Date(start))} – ${formatInstant(new Date(end))}`;
}

function JobSettings({ detail }: { detail: DetailedJobRunResponse }) {
  const { job_version: version } = detail;
  const definition = version.job_definition;
  const { entry_point: entry, execute } = definition;
  return (
    <Section title={`Job settings (version ${version.version})`}>
      <DetailList
        items={[
          ['Code', `${entry.module}${entry.function === null ? '' : `.${entry.function}`}`],
          ['Type', version.job_type],
          ['Timeout', formatDuration(version.max_run_time_seconds)],
          ['Concurrency', String(execute.concurrency ?? 'unlimited')],
          ['Size', describeInstance(version)],
          ['Triggers', (version.triggers ?? definition.triggers).join(', ') || 'none'],
          ['Waits for', (version.freshness ?? []).join(', ') || 'nothing'],
        ]}
      />
      <details className={classes.raw}>
        <summary>Full definition</summary>
        <pre className={classes.json} tabIndex={0} aria-label="Job definition">
          {JSON.stringify(definition, null, 2)}
        </pre>
      </details>
    </Section>
  );
}

function describeInstance({
  instance_size: size,
  vcpu,
  memory_mib: memory,
}: DetailedJobRunResponse['job_version']): string {
  const parts = [size, vcpu != null && `${vcpu} CPU`, memory != null && `${memory} MiB`];
  return parts.filter((part) => typeof part === 'string').join(', ') || 'server default';
}

/** Only developers may see the webhook payload, since it may contain sensitive data. */
function WebhookInput({ params }: { params: RunParams }) {
  const { whyNot } = useWorkspace();
  const reason = whyNot('job-run.read-input');
  const { data, error } = useQuery({
    ...operation('get_job_run_input', { params }),
    enabled: reason === null,
  });
  return (
    <Section title="Webhook payload">
      <div className={classes.cardPart}>
        {reason !== null && <p className="quiet">{reason}</p>}
        {error !== null && <ErrorNotice error={error} />}
        {data && (
          <pre className={classes.json} tabIndex={0} aria-label="Webhook payload">
            {data.input ?? 'empty'}
          </pre>
        )}
      </div>
    </Section>
  );
}

/** What the start gave to the job's code; nothing for a start without inputs. */
function StartInputs({ params }: { params: RunParams }) {
  const { whyNot } = useWorkspace();
  const { data } = useQuery({
    ...operation('get_job_run_input', { params }),
    enabled: whyNot('job-run.read-input') === null,
  });
  const inputs = Object.entries(toTexts(data?.input ?? null));
  if (inputs.length === 0) return null;
  return (
    <Section title="Inputs">
      <DetailList
        items={inputs.map(([name, text]) => [
          name,
          <span key={name} className="mono">
            {text}
          </span>,
        ])}
      />
    </Section>
  );
}

/** Most jobs report no result, so it is fetched only on request. */
function JobResult({ params }: { params: RunParams }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <Section
      title="Result"
      aside={
        !isOpen && (
          <Button size="compact-xs" variant="default" onClick={() => setIsOpen(true)}>
            Show
          </Button>
        )
      }
    >
      {isOpen && <ReportedResult params={params} />}
    </Section>
  );
}

function ReportedResult({ params }: { params: RunParams }) {
  const { data, error } = useQuery(operation('get_job_run_result', { params }));
  if (error instanceof ApiError && error.status === 404) {
    return <Empty title="No result reported">A job function reports its return value.</Empty>;
  }
  if (error !== null) return <ErrorNotice error={error} />;
  if (data === undefined) return <LoadingRows count={3} />;
  return (
    <>
      <DetailList
        items={[
          ['Type', data.result_type],
          ...(data.summary == null ? [] : [['Summary', data.summary] as const]),
          ...(data.model == null ? [] : [['Model', data.model] as const]),
          ...(data.total_tokens == null ? [] : [['Tokens', String(data.total_tokens)] as const]),
          ...(data.cost_usd == null ? [] : [['Cost', `${data.cost_usd} USD`] as const]),
        ]}
      />
      {data.result !== undefined && (
        <pre className={classes.json} tabIndex={0} aria-label="Result">
          {JSON.stringify(data.result, null, 2)}
        </pre>
      )}
    </>
  );
}

function DownstreamRuns({ detail }: { detail: DetailedJobRunResponse }) {
  const { id: workspaceId } = useWorkspace();
  const runs = detail.downstream_job_runs ?? [];
  if (runs.length === 0) return null;
  return (
    <Section title="Downstream runs">
      <ul className={classes.downstream}>
        {runs.map((run) => (
          <li key={run.id}>
            <RunState status={run.status} />{' '}
            <Link to="/w/$workspaceId/runs/$jobRunId" params={{ workspaceId, jobRunId: run.id }}>
              {run.name} #{run.number}
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}
