import type { CostGrouping, CostResponse, CostRowResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import { formatBytes, formatCompactCount, formatCount, formatDecimal } from '../../ui/format.ts';
import table from '../../ui/table.module.css';
import { ShareBar } from '../workspaces/share-rows.tsx';
import classes from './cost.module.css';
import { describeGrowth, describeSizeHint, formatAmount, formatHours, nameRow } from './cost-texts.ts';
import { groupingLabels } from './cost-search.ts';

interface CostRowsProps {
  cost: CostResponse;
  by: CostGrouping;
  /** Null on the page of an organization, whose rows link to their workspaces. */
  workspaceId: string | null;
}

/** The costs of each job, tag, user, size or workspace, the highest first. */
export function CostRows({ cost, by, workspaceId }: CostRowsProps) {
  const isPriced = cost.currency !== null;
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">{groupingLabels[by]}</th>
            {isPriced && <NumberHead>Cost</NumberHead>}
            <NumberHead>Share</NumberHead>
            <NumberHead>Change</NumberHead>
            <NumberHead>Hours held</NumberHead>
            <NumberHead>Core-hours used of held</NumberHead>
            <NumberHead>GiB-hours used of held</NumberHead>
            <NumberHead>Rows</NumberHead>
            <NumberHead>Data</NumberHead>
          </tr>
        </thead>
        <tbody>
          {cost.rows.map((row) => (
            <CostRow
              key={`${row.key} ${row.trigger_kind}`}
              row={row}
              cost={cost}
              by={by}
              workspaceId={workspaceId}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function NumberHead({ children }: { children: string }) {
  return (
    <th scope="col" className="number">
      {children}
    </th>
  );
}

interface CostRowProps extends CostRowsProps {
  row: CostRowResponse;
}

function CostRow({ row, cost: { currency, total: whole }, by, workspaceId }: CostRowProps) {
  const { total, before } = row;
  const hint = describeSizeHint(row);
  const isPriced = currency !== null;
  const share = isPriced
    ? (total.amount ?? 0) / (whole.amount || 1)
    : total.held_hours / (whole.held_hours || 1);
  return (
    <tr>
      <td data-wide="true">
        <RowName row={row} by={by} workspaceId={workspaceId} />
        {hint !== null && <span className={classes.hint}>{hint}</span>}
      </td>
      {isPriced && (
        <td className="number" data-label="cost">
          {total.amount === null ? 'no rate' : formatAmount(total.amount, currency)}
        </td>
      )}
      <td className="number">
        <ShareBar share={share} />
      </td>
      <td className="number" data-label="change">
        {describeGrowth(total, before) ?? '–'}
      </td>
      <td className="number" data-label="held">
        {formatHours(total.held_hours)}
      </td>
      <td className="number" data-label="core-hours">
        {formatUse(row, total.core_hours_used, total.core_hours_held)}
      </td>
      <td className="number" data-label="GiB-hours">
        {formatUse(row, total.gib_hours_used, total.gib_hours_held)}
      </td>
      <td className="number" data-label="rows" title={formatCount(total.rows_loaded)}>
        {formatCompactCount(total.rows_loaded)}
      </td>
      <td className="number" data-label="data">
        {formatBytes(total.bytes_loaded)}
      </td>
    </tr>
  );
}

/** "3.1 of 12"; what is not known is a question mark. */
function formatUse({ total }: CostRowResponse, used: number, held: number): string {
  const { attempt_count: all, unmeasured_count: unmeasured, unlimited_count: unlimited } = total;
  if (all === 0) return '–';
  const usedText = unmeasured === all ? '?' : formatDecimal(used);
  return `${usedText} of ${unlimited === all ? '?' : formatDecimal(held)}`;
}

function RowName({ row, by, workspaceId }: Omit<CostRowProps, 'cost'>) {
  const name = nameRow(row);
  const ofWorkspace = row.workspace_id ?? workspaceId;
  if (ofWorkspace === null) return <>{name}</>;
  const params = { workspaceId: ofWorkspace };
  if (by === 'workspace') {
    return (
      <Link to="/w/$workspaceId/settings/cost" params={params}>
        {name}
      </Link>
    );
  }
  if (by === 'job' && row.key !== null) {
    return (
      <>
        <Link to="/w/$workspaceId/jobs/$job" params={{ ...params, job: row.key }}>
          {name}
        </Link>{' '}
        {workspaceId === null ? (
          <span className="quiet">{row.workspace_name}</span>
        ) : (
          <Link to="/w/$workspaceId/runs" params={params} search={{ job_id: row.key }} className="quiet">
            runs<span className="visually-hidden"> of {name}</span>
          </Link>
        )}
      </>
    );
  }
  if (by === 'tag' && row.key !== null) {
    return (
      <Link to="/w/$workspaceId/jobs" params={params} search={{ tags: [row.key] }}>
        {name}
      </Link>
    );
  }
  if (by === 'person' && row.trigger_kind !== null) {
    return (
      <Link to="/w/$workspaceId/runs" params={params} search={{ trigger_kind: [row.trigger_kind] }}>
        {name}
      </Link>
    );
  }
  return <>{name}</>;
}
