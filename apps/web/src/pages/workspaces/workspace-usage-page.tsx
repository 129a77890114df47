import { useQuery, keepPreviousData } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { operation } from '../../api/operation.ts';
import { Empty, ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { RangeChoice } from './range-choice.tsx';
import { ShareRows } from './share-rows.tsx';
import { rangeLabels, usageQuery } from './usage-range.ts';
import { UsageSummary } from './usage-summary.tsx';

const from = '/signed-in/w/$workspaceId/settings/usage';

/** Usage of a workspace by day and by job. */
export function WorkspaceUsagePage() {
  const { id, params } = useWorkspace();
  const { days } = useSearch({ from });
  const navigate = useNavigate();
  // The day range is fixed when the page opens, so a page that stays open past midnight keeps its range.
  const [openedAtMs] = useState(Date.now);
  const query = usageQuery(days, openedAtMs);
  const usage = useQuery({
    ...operation('get_workspace_usage', { params, query }),
    placeholderData: keepPreviousData,
  });
  const byJob = useQuery({
    ...operation('get_workspace_usage_by_job', { params, query }),
    placeholderData: keepPreviousData,
  });
  const error = usage.error ?? byJob.error;
  return (
    <Page
      title="Usage"
      lead="Usage of this workspace. The full duration of a run counts on the day on which it ended."
      actions={
        <RangeChoice
          range={days}
          onChoose={(range) =>
            void navigate({
              to: '/w/$workspaceId/settings/usage',
              params: { workspaceId: id },
              search: { days: range },
            })
          }
        />
      }
    >
      {error && <ErrorNotice error={error} />}
      {usage.data ? (
        <UsageSummary usage={usage.data} title={rangeLabels[days ?? 'month']} />
      ) : (
        <LoadingRows />
      )}
      {usage.data && byJob.data && (
        <Section title="By job">
          {byJob.data.jobs.length === 0 ? (
            <Empty title="No runs ended in this range">Select a longer range above.</Empty>
          ) : (
            <ShareRows
              what="Job"
              wholeSeconds={usage.data.total.run_seconds}
              rows={byJob.data.jobs.map(({ job_id, job_ref, total }) => ({
                id: job_id,
                total,
                name: (
                  <Link to="/w/$workspaceId/jobs/$job" params={{ workspaceId: id, job: job_id }}>
                    {job_ref}
                  </Link>
                ),
              }))}
            />
          )}
          <MoreJobs shown={byJob.data.jobs.length} all={byJob.data.job_count} />
        </Section>
      )}
    </Page>
  );
}

function MoreJobs({ shown, all }: { shown: number; all: number }) {
  if (all <= shown) return null;
  return (
    <p className="quiet" style={{ padding: '0 0.85rem' }}>
      Top {shown} of {all} jobs by run time.
    </p>
  );
}
