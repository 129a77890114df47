import type { AlertChannelKind } from '../../store/records.ts';
import type { AlertMessage } from '../../domain/alerts/alert-message.ts';
import type { Store } from '../../store/store.ts';
import { boundAlertMessage } from '../../domain/alerts/bound-alert-message.ts';
import { giveUpHours } from '../../domain/alerts/delivery-decision.ts';

/**
 * Writes a message for each channel in the caller's transaction: an outbox. Channels of other workspaces are
 * ignored. Messages for a disabled channel are logged as dropped.
 * `channelKinds`: only channels of these kinds get the message; null: all.
 * `notBefore`: null sends as soon as the transaction has committed.
 */
export type EnqueueAlert = (
  within: Pick<Store, 'alertDeliveries'>,
  request: {
    workspaceId: string;
    channelIds: readonly string[];
    channelKinds: readonly AlertChannelKind[] | null;
    message: AlertMessage;
    notBefore: Date | null;
  },
) => Promise<void>;

export const enqueueAlert: EnqueueAlert = async (within, request) => {
  if (request.channelIds.length === 0) return;
  await within.alertDeliveries.add({
    ...request,
    message: boundAlertMessage(request.message),
    giveUpHours,
  });
};
