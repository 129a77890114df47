import type { Column } from '../terminal/table.ts';
import { formatRelative } from '../terminal/format.ts';

/** What deliveries of alerts and of events have in common. */
export interface Delivery {
  id: string;
  created_at: string;
  is_sending: boolean;
  status: string;
  reason: string | null;
  attempts: number;
}

/** Columns of a table of deliveries. @param content the columns about what was sent */
export function deliveryColumns<Item extends Delivery>(content: readonly Column<Item>[]): Column<Item>[] {
  return [
    { title: 'TIME', text: ({ created_at }) => formatRelative(created_at) },
    { title: 'STATUS', text: ({ is_sending, status }) => (is_sending ? 'sending' : status) },
    ...content,
    { title: 'REASON', text: ({ reason }) => reason ?? '', dropOrder: 3 },
    { title: 'ATTEMPTS', text: ({ attempts }) => `${attempts}`, isNumber: true, dropOrder: 2 },
    { title: 'ID', text: ({ id }) => id, dropOrder: 1 },
  ];
}
