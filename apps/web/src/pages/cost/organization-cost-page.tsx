import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { operation } from '../../api/operation.ts';
import { ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { Page } from '../../ui/page.tsx';
import { useOrganization } from '../../workspace/use-organization.ts';
import { RangeChoice } from '../workspaces/range-choice.tsx';
import { RefusedOrganizationPage } from '../workspaces/refused-page.tsx';
import { rangeLabels } from '../workspaces/usage-range.ts';
import { CostExport, maxExportedRows } from './cost-export.tsx';
import { CostGroups } from './cost-groups.tsx';
import { CostLead } from './cost-lead.tsx';
import { CostRates } from './cost-rates.tsx';
import { CostSummary } from './cost-summary.tsx';
import { costQuery, organizationGroupings } from './cost-search.ts';

/** What the runs of an organization cost, and the rates of its sizes. */
export function OrganizationCostPage() {
  const { me, whyNot } = useOrganization();
  const refused = whyNot('organization-cost.read');
  return refused === null ? (
    <Cost />
  ) : (
    <RefusedOrganizationPage title="Cost" reason={refused} role={me.role} />
  );
}

function Cost() {
  const { id, params } = useOrganization();
  const search = useSearch({ from: '/signed-in/organizations/$organizationId/cost' });
  const { days, by = 'workspace' } = search;
  const navigate = useNavigate();
  // The day range is fixed when the page opens, so a page that stays open past midnight keeps its range.
  const [openedAtMs] = useState(Date.now);
  const query = costQuery({ days, by }, openedAtMs);
  const cost = useQuery({
    ...operation('get_organization_cost', { params, query }),
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
              api.call('get_organization_cost', { params, query: { ...query, limit: maxExportedRows } })
            }
          />
          <RangeChoice
            range={days}
            onChoose={(range) =>
              void navigate({
                to: '/organizations/$organizationId/cost',
                params: { organizationId: id },
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
          <CostGroups cost={cost.data} by={by} groupings={organizationGroupings} workspaceId={null} />
        </>
      ) : (
        <LoadingRows />
      )}
      <CostRates />
    </Page>
  );
}
