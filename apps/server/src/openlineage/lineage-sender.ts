import type { Instruments } from '../platform/instruments.ts';
import type { LineageEvent, LineageSender, SendEvent } from './lineage-event.ts';
import type { Logger } from 'pino';
import { createExportQueue } from '../platform/export-queue.ts';
import { createHttpTransport, type HttpTransportSettings } from './http-transport.ts';
import { createFileTransport } from './file-transport.ts';

export type LineageTransportSettings =
  ({ kind: 'http' } & HttpTransportSettings) | { kind: 'file'; path: string };

export interface OpenLineageSettings {
  namespace: string;
  transport: LineageTransportSettings;
}

/** Events that wait at most. One may have 5,000 columns, about 500 kB, but hardly any has more than 10 kB. */
const maxQueuedEvents = 2000;

/** Sends events to a receiver of OpenLineage, or appends them to a file. */
export function createLineageSender(
  { namespace, transport }: OpenLineageSettings,
  { instruments, log }: { instruments: Pick<Instruments, 'lineageEvents'>; log: Logger },
): LineageSender {
  const sendEvent: SendEvent =
    transport.kind === 'http' ? createHttpTransport(transport) : createFileTransport(transport.path);
  const queue = createExportQueue<LineageEvent>({
    async exportBatch(events) {
      for (const event of events) await sendEvent(event);
    },
    onSent: (count) => instruments.lineageEvents('sent', count),
    onLost: (count) => instruments.lineageEvents('lost', count),
    log,
    failureMessage: 'lineage events were not sent; runs are not affected',
    maxQueued: maxQueuedEvents,
    // The standard's receivers take one event in a request. One that is rejected is lost alone.
    maxBatch: 1,
  });
  return { namespace, ...queue };
}
