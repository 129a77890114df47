import type { AlertDeliveryStatus } from '@pumphouse/contract';
import { operation } from '../../api/operation.ts';
import { operationPages } from '../../api/operation-pages.ts';

export const channelsOf = (workspaceId: string) =>
  operation('list_alert_channels', { params: { workspace_id: workspaceId } });

export const deliveryStatuses = ['waiting', 'delivered', 'failed', 'dropped'] as const;

/** Filters of the delivery log. */
export interface DeliverySearch {
  channel?: string | undefined;
  status?: AlertDeliveryStatus | undefined;
}

export const deliveriesOf = (workspaceId: string, { channel, status }: DeliverySearch) =>
  operationPages('list_alert_deliveries', {
    params: { workspace_id: workspaceId },
    query: {
      limit: 50,
      ...(channel !== undefined && { channel_id: channel }),
      ...(status !== undefined && { status: [status] }),
    },
  });

export const rulesOf = (workspaceId: string) =>
  operation('list_alert_rules', { params: { workspace_id: workspaceId } });

export const incidentsOf = (workspaceId: string, isOpen: boolean) =>
  operationPages('list_alert_incidents', {
    params: { workspace_id: workspaceId },
    query: { limit: 50, is_open: isOpen },
  });
