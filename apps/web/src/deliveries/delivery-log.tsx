import type { ReactNode } from 'react';
import { ActionsHead } from '../ui/actions-head.tsx';
import { Empty, ErrorNotice } from '../ui/answers.tsx';
import { MoreRows } from '../ui/more-rows.tsx';
import { Section } from '../ui/page.tsx';
import { State } from '../ui/state.tsx';
import table from '../ui/table.module.css';
import { Time } from '../ui/time.tsx';
import { deliveryAppearance, explainReason } from './delivery-states.ts';

/** What deliveries of alerts and of events have in common. */
export interface Delivery {
  id: string;
  created_at: string;
  status: string;
  is_sending: boolean;
  reason: string | null;
  response_code: number | null;
  answer: string | null;
  attempts: number;
  next_attempt_at: string | null;
  resent_from: string | null;
}

/** Pages of deliveries, as `useInfiniteQuery` returns them. */
interface DeliveryPages<Item> {
  data: { items: readonly Item[] } | undefined;
  error: Error | null;
  isSuccess: boolean;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => Promise<unknown>;
}

/** How a delivery is shown. */
interface DeliveryColumns<Item> {
  /** Titles of the columns: what was sent, and where to. */
  titles: { content: string; target: string };
  content: (delivery: Item) => string;
  detail: (delivery: Item) => string;
  target: (delivery: Item) => string | undefined;
  renderActions: (delivery: Item) => ReactNode;
}

interface DeliveryLogProps<Item> {
  pages: DeliveryPages<Item>;
  columns: DeliveryColumns<Item>;
  filters: ReactNode;
  isFiltered: boolean;
  /** How the first delivery comes about. */
  hint: string;
}

/** What was sent and what waits, newest first. */
export function DeliveryLog<Item extends Delivery>(props: DeliveryLogProps<Item>) {
  const { pages, columns, filters, isFiltered, hint } = props;
  const items = pages.data?.items ?? [];
  return (
    <Section title="Deliveries" aside={filters}>
      {pages.error !== null && <ErrorNotice error={pages.error} />}
      {items.length === 0 && pages.isSuccess ? (
        <Empty title={isFiltered ? 'No deliveries match these filters' : 'No deliveries yet'}>
          {isFiltered ? null : hint}
        </Empty>
      ) : (
        <DeliveryRows items={items} columns={columns} />
      )}
      <MoreRows
        hasMore={pages.hasNextPage}
        isLoading={pages.isFetchingNextPage}
        onMore={() => void pages.fetchNextPage()}
      />
    </Section>
  );
}

function DeliveryRows<Item extends Delivery>({
  items,
  columns,
}: {
  items: readonly Item[];
  columns: DeliveryColumns<Item>;
}) {
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">State</th>
            <th scope="col">{columns.titles.content}</th>
            <th scope="col">{columns.titles.target}</th>
            <th scope="col">Attempts</th>
            <ActionsHead />
          </tr>
        </thead>
        <tbody>
          {items.map((delivery) => (
            <tr key={delivery.id}>
              <td>
                <Time at={delivery.created_at} />
              </td>
              <td data-wide="true">
                <State look={deliveryAppearance(delivery)} />
                <LastAttempt delivery={delivery} />
              </td>
              <td data-wide="true">
                {columns.content(delivery)}
                <div className="quiet">
                  {columns.detail(delivery)}
                  {delivery.resent_from === null ? '' : ', sent again'}
                </div>
              </td>
              <td data-wide="true">{columns.target(delivery) ?? ''}</td>
              <td>{delivery.attempts}</td>
              <td>{columns.renderActions(delivery)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The response of the last attempt, and the time of the next one. */
function LastAttempt({ delivery }: { delivery: Delivery }) {
  const { response_code: code, answer, next_attempt_at: next, reason } = delivery;
  return (
    <div className="quiet">
      {explainReason(reason) ?? (code === null ? '' : `Status ${code}`)}
      {answer ? <div>Answer: {answer}</div> : null}
      {next !== null && !delivery.is_sending && (
        <div>
          Next attempt <Time at={next} />
        </div>
      )}
    </div>
  );
}
