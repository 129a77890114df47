import { operation } from '../../api/operation.ts';
import { formatBytes } from '../../ui/format.ts';

export const localDataOf = (workspaceId: string) =>
  operation('list_local_data', { params: { workspace_id: workspaceId } });

/** A browser keeps a download in memory first. */
const maxBytes = 1024 ** 3;

/** Why the console does not download that much; null if it does. */
export function whyTooLarge(bytes: number): string | null {
  if (bytes <= maxBytes) return null;
  return `More than ${formatBytes(maxBytes)}: use pumphouse data download.`;
}
