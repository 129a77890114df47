import type { EventDeliveryStatus } from '@pumphouse/contract';
import { operation } from '../../api/operation.ts';
import { operationPages } from '../../api/operation-pages.ts';

export const subscriptionsOf = (workspaceId: string) =>
  operation('list_event_subscriptions', { params: { workspace_id: workspaceId } });

export const eventDeliveryStatuses = ['waiting', 'delivered', 'failed'] as const;

/** Filters of the delivery log. */
export interface EventDeliverySearch {
  subscription?: string | undefined;
  status?: EventDeliveryStatus | undefined;
}

export const eventDeliveriesOf = (workspaceId: string, { subscription, status }: EventDeliverySearch) =>
  operationPages('list_event_deliveries', {
    params: { workspace_id: workspaceId },
    query: {
      limit: 50,
      ...(subscription !== undefined && { subscription_id: subscription }),
      ...(status !== undefined && { status: [status] }),
    },
  });
