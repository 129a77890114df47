import type { CostResponse } from '@pumphouse/contract';
import type { ComponentProps, ReactNode } from 'react';
import { ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { Page } from '../../ui/page.tsx';
import { RangeChoice } from '../workspaces/range-choice.tsx';
import { rangeLabels } from '../workspaces/usage-range.ts';
import { CostExport } from './cost-export.tsx';
import { CostGroups } from './cost-groups.tsx';
import { CostLead } from './cost-lead.tsx';
import { CostSummary } from './cost-summary.tsx';

interface CostViewProps extends Pick<ComponentProps<typeof CostGroups>, 'by' | 'groupings' | 'workspaceId'> {
  cost: { data: CostResponse | undefined; error: unknown };
  days: ComponentProps<typeof RangeChoice>['range'];
  onChooseDays: ComponentProps<typeof RangeChoice>['onChoose'];
  /** Reads all rows, for the export. */
  readAll: () => Promise<CostResponse>;
  children?: ReactNode;
}

/** What the runs of a workspace or an organization cost: sums, charts by day, and a table by group. */
export function CostView({ cost, days, onChooseDays, readAll, children, ...groups }: CostViewProps) {
  return (
    <Page
      title="Cost"
      lead={<CostLead countedSince={cost.data?.counted_since} />}
      actions={
        <>
          <CostExport by={groups.by} read={readAll} />
          <RangeChoice range={days} onChoose={onChooseDays} />
        </>
      }
    >
      {Boolean(cost.error) && <ErrorNotice error={cost.error} />}
      {cost.data ? (
        <>
          <CostSummary cost={cost.data} title={rangeLabels[days ?? 'month']} />
          <CostGroups cost={cost.data} {...groups} />
        </>
      ) : (
        <LoadingRows />
      )}
      {children}
    </Page>
  );
}
