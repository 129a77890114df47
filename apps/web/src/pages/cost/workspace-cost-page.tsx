import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { operation } from '../../api/operation.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { maxExportedRows } from './cost-export.tsx';
import { CostView } from './cost-view.tsx';
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
    <CostView
      cost={cost}
      days={days}
      by={by}
      groupings={workspaceGroupings}
      workspaceId={id}
      readAll={() => api.call('get_workspace_cost', { params, query: { ...query, limit: maxExportedRows } })}
      onChooseDays={(range) =>
        void navigate({
          to: '/w/$workspaceId/settings/cost',
          params: { workspaceId: id },
          search: { ...search, days: range },
        })
      }
    />
  );
}
