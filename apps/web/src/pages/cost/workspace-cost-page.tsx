import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { operation } from '../../api/operation.ts';
import { ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { Page } from '../../ui/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { RangeChoice } from '../workspaces/range-choice.tsx';
import { rangeLabels } from '../workspaces/usage-range.ts';
import { CostExport, maxExportedRows } from './cost-export.tsx';
import { CostGroups } from './cost-groups.tsx';
import { CostLead } from './cost-lead.tsx';
import { CostSummary } from './cost-summary.tsx';
import { costQuery, workspaceGroupings } from './cost-search.ts';

/** What the runs of a workspace cost, by day and by job, tag, person or size. */
export function WorkspaceCostPage() {
  const { id, params } = useWorkspace();
  const search = useSearch({ from: '/signed-in/w/$workspaceId/settings/cost' });
  const { days, by = 'job' } = search;
  const navigate = useNavigate();
  // The day range is fixed when the page opens, so a page that stays open past midnight keeps its range.
  const [openedAtMs] = useState(Date.now);
  const query = costQuery({ days, by }, openedAtMs);
  const cost = useQuery({
    ...operation('get_workspace_cost', { params, query }),
    placeholderData: keepPreviousData,
  });
  return (
    <Page
      title="Cost"
      lead={<CostLead countedSince={cost.data?.counted_since} />}
      actions={
        <>
          <CostExport
            by={by}
            read={() =>
              api.call('get_workspace_cost', { params, query: { ...query, limit: maxExportedRows } })
            }
          />
          <RangeChoice
            range={days}
            onChoose={(range) =>
              void navigate({
                to: '/w/$workspaceId/settings/cost',
                params: { workspaceId: id },
                search: { ...search, days: range },
              })
            }
          />
        </>
      }
    >
      {cost.error && <ErrorNotice error={cost.error} />}
      {cost.data ? (
        <>
          <CostSummary cost={cost.data} title={rangeLabels[days ?? 'month']} />
          <CostGroups cost={cost.data} by={by} groupings={workspaceGroupings} workspaceId={id} />
        </>
      ) : (
        <LoadingRows />
      )}
    </Page>
  );
}
