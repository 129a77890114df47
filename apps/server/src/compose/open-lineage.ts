import type { Config } from '../config/config.ts';
import type { Instruments } from '../platform/instruments.ts';
import type { LineageSender } from '../openlineage/lineage-event.ts';
import type { Logger } from 'pino';
import { createLineageSender } from '../openlineage/lineage-sender.ts';

/** Opens the sender of OpenLineage events; null if none are to be sent. */
export function openLineage(
  { observability: { lineage } }: Pick<Config, 'observability'>,
  parts: { instruments: Instruments; log: Logger },
): LineageSender | null {
  return lineage && createLineageSender(lineage, parts);
}
