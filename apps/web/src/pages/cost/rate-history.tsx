import type { CostRatesResponse } from '@pumphouse/contract';
import { api } from '../../api/api.ts';
import { AskingButton } from '../../ui/asking-button.tsx';
import { Empty } from '../../ui/answers.tsx';
import table from '../../ui/table.module.css';
import { useOrganization } from '../../workspace/use-organization.ts';
import { formatPrice } from './cost-texts.ts';

interface RateHistoryProps {
  rates: CostRatesResponse['rates'];
  /** UTC. */
  today: string;
  refused: string | null;
  onRemoved: (startsOn: string) => Promise<void>;
}

/** All rates by their first day, the latest first. */
export function RateHistory({ rates, today, refused, onRemoved }: RateHistoryProps) {
  const { params } = useOrganization();
  if (rates.length === 0) {
    return <Empty title="No rates">Costs are shown in hours. Save a price per hour to see amounts.</Empty>;
  }
  const current = rates.findLast(({ starts_on }) => starts_on <= today);
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">From (UTC)</th>
            {['Small', 'Medium', 'Large', 'Xlarge'].map((size) => (
              <th key={size} scope="col" className="number">
                {size}, per hour
              </th>
            ))}
            <th scope="col">
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rates.toReversed().map(({ starts_on: startsOn, currency, hourly_prices: prices }) => (
            <tr key={startsOn}>
              <td>
                {startsOn}{' '}
                <span className="quiet">{describeTime(startsOn, current?.starts_on ?? null, today)}</span>
              </td>
              <td className="number" data-label="small">
                {formatPrice(prices.small, currency)}
              </td>
              <td className="number" data-label="medium">
                {formatPrice(prices.medium, currency)}
              </td>
              <td className="number" data-label="large">
                {formatPrice(prices.large, currency)}
              </td>
              <td className="number" data-label="xlarge">
                {formatPrice(prices.xlarge, currency)}
              </td>
              <td>
                <AskingButton
                  label="Remove"
                  aria-label={`Remove the rates from ${startsOn}`}
                  whyNot={refused}
                  question={`Remove the rates from ${startsOn}?`}
                  act={() => api.call('delete_cost_rates', { params: { ...params, starts_on: startsOn } })}
                  onDone={() => void onRemoved(startsOn)}
                >
                  Days from {startsOn} on then have the rates before, or none. Their costs change.
                </AskingButton>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function describeTime(startsOn: string, current: string | null, today: string): string {
  if (startsOn === current) return 'current';
  return startsOn > today ? 'later' : '';
}
