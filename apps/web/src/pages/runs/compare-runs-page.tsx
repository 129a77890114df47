import type { JobRunLogComparisonResponse } from '@pumphouse/contract';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Link, useParams, useSearch } from '@tanstack/react-router';
import classes from './compare.module.css';
import { BaseChoice } from './base-choice.tsx';
import CauseCard from './cause/cause-card.tsx';
import { ComparedDetails } from './compared-details.tsx';
import { ComparedPipelines } from './compared-pipelines.tsx';
import { ComparedTables } from './compared-tables.tsx';
import { Empty, ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { formatLast, pluralOf } from '../../ui/format.ts';
import { Page, Section } from '../../ui/page.tsx';
import { runComparison, runLogComparison, runOverview, type RunParams } from './run-queries.ts';
import { SettingChanges } from './setting-changes.tsx';
import { TextDifference } from '../../ui/text-difference.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { shortenJobName } from '../../details/job-name.ts';

/** Compares two runs of a job: versions, loaded data, durations and logs. */
export function CompareRunsPage() {
  const { id: workspaceId } = useWorkspace();
  const { jobRunId } = useParams({ from: '/signed-in/w/$workspaceId/runs/$jobRunId/compare' });
  const { base: baseId } = useSearch({ from: '/signed-in/w/$workspaceId/runs/$jobRunId/compare' });
  const params = { workspace_id: workspaceId, job_run_id: jobRunId };
  const { data: comparison } = useSuspenseQuery(runComparison(params, baseId));
  const { data: run } = useQuery(runOverview(params));
  const { base, target } = comparison;
  const name = `${run ? shortenJobName(run.job_name) : 'Run'} #${target.number}`;
  return (
    <Page
      title={`Compare ${name}`}
      heading={
        <>
          Compare {base !== null && `#${base.number} → `}
          <Link
            to="/w/$workspaceId/runs/$jobRunId"
            params={{ workspaceId, jobRunId }}
            className={classes.headingLink}
          >
            {name}
          </Link>
        </>
      }
      actions={run && <BaseChoice jobId={run.job_id} target={target} base={base} />}
    >
      {base === null ? (
        <Empty title="No run to compare with">
          No earlier run of this job completed. Select another run, if there is one.
        </Empty>
      ) : (
        <>
          <CauseCard params={params} baseId={baseId} isInComparison />
          <ComparedDetails comparison={comparison} base={base} />
          {comparison.job_changes.length > 0 && (
            <Section title="Job settings">
              <SettingChanges changes={comparison.job_changes} />
            </Section>
          )}
          <ComparedTables tables={comparison.tables} base={base} target={target} />
          <ComparedPipelines pipelines={comparison.pipelines} base={base} target={target} />
          <LogDifference params={params} baseId={baseId} />
        </>
      )}
    </Page>
  );
}

function LogDifference({ params, baseId }: { params: RunParams; baseId: string | undefined }) {
  const { data: difference, error, refetch } = useQuery(runLogComparison(params, baseId));
  return (
    <Section title="Log" aside={<span className="quiet">ignoring times, durations, ids and counts</span>}>
      {error !== null && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {error === null && difference === undefined && <LoadingRows count={6} />}
      {difference && <DifferentLines difference={difference} />}
    </Section>
  );
}

function DifferentLines({ difference }: { difference: JobRunLogComparisonResponse }) {
  const { base, target, hunks } = difference;
  if (base === null) return <Empty title="No log to compare with" />;
  const notes = [base, target].flatMap((log) => describeLog(log));
  return (
    <>
      {notes.length > 0 && <p className={classes.note}>{notes.join(' ')}</p>}
      {hunks.length === 0 ? (
        <Empty title="No differences" />
      ) : (
        <TextDifference hunks={hunks} label="the logs" sides={[`#${base.number}`, `#${target.number}`]} />
      )}
    </>
  );
}

function describeLog({
  number,
  is_removed: isRemoved,
  is_cut: isCut,
  compared_line_count: count,
}: JobRunLogComparisonResponse['target']) {
  if (isRemoved) return [`The log of #${number} was fully or partly deleted.`];
  return isCut
    ? [
        `Only the ${formatLast(count, 'line').toLowerCase()} of #${number} ${pluralOf(count, 'is', 'are')} compared.`,
      ]
    : [];
}
