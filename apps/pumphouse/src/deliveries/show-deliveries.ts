import type { Session } from '../session/session.ts';
import { formatTable, type Column } from '../terminal/table.ts';
import { deliveryColumns, type Delivery } from './delivery-columns.ts';
import { readLimit } from './read-limit.ts';

export interface ListOptions<Status> {
  status?: Status;
  limit: string;
}

/** Reads the options of a list of deliveries. @throws CommandError */
export function readListQuery<Status>({ status, limit }: ListOptions<Status>) {
  return { limit: readLimit(limit), ...(status && { status: [status] }) };
}

/** Prints deliveries as a table. @param content the columns about what was sent */
export function showDeliveries<Item extends Delivery>(
  session: Session,
  items: readonly Item[],
  content: readonly Column<Item>[],
): void {
  const { terminal } = session;
  session.show(items, () => {
    if (items.length === 0) return 'No deliveries match.';
    return formatTable(items, deliveryColumns(content), {
      width: terminal.width,
      title: (text) => terminal.tone('strong', text),
    });
  });
}
