import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { operation } from '../../api/operation.ts';
import { ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { Page } from '../../ui/page.tsx';
import { useOrganization } from '../../workspace/use-organization.ts';
import { RefusedOrganizationPage } from './refused-page.tsx';
import { RangeChoice } from './range-choice.tsx';
import { rangeLabels, usageQuery } from './usage-range.ts';
import { UsageSummary } from './usage-summary.tsx';
import { Limits } from './limits.tsx';
import { UsageShares } from './usage-shares.tsx';

/** Usage and limits of an organization. */
export function OrganizationUsagePage() {
  const { me, whyNot } = useOrganization();
  const refused = whyNot('organization-usage.read');
  return refused === null ? (
    <Usage />
  ) : (
    <RefusedOrganizationPage title="Usage and limits" reason={refused} role={me.role} />
  );
}

function Usage() {
  const { id, params } = useOrganization();
  const { days } = useSearch({ from: '/signed-in/organizations/$organizationId/usage' });
  const navigate = useNavigate();
  // The day range is fixed when the page opens, so a page that stays open past midnight keeps its range.
  const [openedAtMs] = useState(Date.now);
  const query = usageQuery(days, openedAtMs);
  const usage = useQuery({
    ...operation('get_organization_usage', { params, query }),
    placeholderData: keepPreviousData,
  });
  return (
    <Page
      title="Usage and limits"
      lead="Usage of all workspaces, and limits. The full duration of a run counts on the day on which it ended."
      actions={
        <RangeChoice
          range={days}
          onChoose={(range) =>
            void navigate({
              to: '/organizations/$organizationId/usage',
              params: { organizationId: id },
              search: { days: range },
            })
          }
        />
      }
    >
      {usage.error && <ErrorNotice error={usage.error} />}
      {usage.data ? (
        <UsageSummary usage={usage.data} title={rangeLabels[days ?? 'month']} />
      ) : (
        <LoadingRows />
      )}
      <Limits />
      {usage.data && <UsageShares query={query} wholeSeconds={usage.data.total.run_seconds} />}
    </Page>
  );
}
