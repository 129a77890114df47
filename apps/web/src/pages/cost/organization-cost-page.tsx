import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { operation } from '../../api/operation.ts';
import { useOrganization } from '../../workspace/use-organization.ts';
import { RefusedOrganizationPage } from '../workspaces/refused-page.tsx';
import { maxExportedRows } from './cost-export.tsx';
import { CostView } from './cost-view.tsx';
import { CostRates } from './cost-rates.tsx';
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
    <CostView
      cost={cost}
      days={days}
      by={by}
      groupings={organizationGroupings}
      workspaceId={null}
      readAll={() =>
        api.call('get_organization_cost', { params, query: { ...query, limit: maxExportedRows } })
      }
      onChooseDays={(range) =>
        void navigate({
          to: '/organizations/$organizationId/cost',
          params: { organizationId: id },
          search: { ...search, days: range },
        })
      }
    >
      <CostRates />
    </CostView>
  );
}
