import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { operation } from '../../api/operation.ts';
import { ErrorNotice, LoadingRows } from '../../look/answers.tsx';
import { Page } from '../../look/page.tsx';
import { useOrganization } from '../../workspace/use-organization.ts';
import { RefusedOrganizationPage } from './refused-page.tsx';
import { RangeChoice } from './range-choice.tsx';
import { rangeWords, usageQuery } from './usage-range.ts';
import { UsageSummary } from './usage-summary.tsx';
import { Limits } from './limits.tsx';
import { UsageShares } from './usage-shares.tsx';

/** What all runs of an organization took, and what they may take. */
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
  // Days change at midnight; a page that is open over it asks for the old ones until it is opened again.
  const [openedAtMs] = useState(Date.now);
  const query = usageQuery(days, openedAtMs);
  const usage = useQuery({
    ...operation('get_organization_usage', { params, query }),
    placeholderData: keepPreviousData,
  });
  return (
    <Page
      title="Usage and limits"
      lead="What the runs of all workspaces took, and what they may take. A run counts for the day on which it ended, with all its time."
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
      {usage.data ? <UsageSummary usage={usage.data} title={rangeWords[days ?? 'month']} /> : <LoadingRows />}
      <Limits />
      {usage.data && <UsageShares query={query} wholeSeconds={usage.data.total.run_seconds} />}
    </Page>
  );
}
