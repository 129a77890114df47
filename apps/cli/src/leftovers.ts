import type { JudgedBelonging, Leftovers, Persistence, RemovedLeftovers } from '@pumphouse/server/operator';
import {
  createServerLog,
  formatBytes,
  openStorage,
  readConfig,
  recordChange,
} from '@pumphouse/server/operator';
import { actAsOperator } from './operator.ts';
import { formatTable } from './table.ts';

/**
 * Prints all resources of the executor and whether they are orphaned; or removes the orphaned ones and prints
 * them.
 */
export async function handleLeftovers(options: { remove?: true; json?: true }): Promise<void> {
  const config = readConfig();
  const opened = await openStorage(config, createServerLog({ ...config, logLevel: 'error' }));
  try {
    const json = options.json === true;
    if (options.remove)
      await actAsOperator(() => removeLeftovers(opened.leftovers, opened.persistence, json));
    else await showLeftovers(opened.leftovers, json);
  } finally {
    await opened.close();
  }
}

async function showLeftovers(leftovers: Leftovers, json: boolean): Promise<void> {
  const kept = await leftovers.list();
  // Resources to remove come last, at the visible end of a long table.
  const ordered = kept.toSorted((a, b) => Number(a.isLeftover) - Number(b.isLeftover));
  const rows = ordered.map(({ kind, id, madeAt, sizeBytes, isLeftover, reason }) => {
    const size = sizeBytes === null ? '-' : formatBytes(sizeBytes);
    return [kind, id, formatAge(madeAt), size, isLeftover ? 'orphaned' : 'kept', reason];
  });
  write(ordered.map(toJson), [['KIND', 'NAME', 'AGE', 'SIZE', 'STATE', 'REASON'], ...rows], json);
}

/** @throws Error that names what could not be removed, after printing what was */
async function removeLeftovers(leftovers: Leftovers, persistence: Persistence, json: boolean): Promise<void> {
  const { removed, failed } = await leftovers.remove();
  await recordRemoval(persistence, removed);
  const rows = removed.map(({ kind, id, madeAt, reason }) => [kind, id, formatAge(madeAt), reason]);
  write(removed.map(toJson), [['KIND', 'REMOVED', 'AGE', 'REASON'], ...rows], json);
  if (failed.length === 0) return;
  const problems = failed.map(({ belonging, problem }) => `  ${belonging.id}: ${problem}`);
  throw new Error(`these could not be removed; run the command again:\n${problems.join('\n')}`);
}

/** Recorded after the removal, which is not transactional. */
async function recordRemoval({ store }: Persistence, removed: RemovedLeftovers['removed']): Promise<void> {
  if (removed.length === 0) return;
  await recordChange(store, {
    action: 'leftovers.remove',
    target: { kind: 'leftovers', id: null, name: null },
    before: null,
    after: { removed: removed.slice(0, 100).map(({ kind, id }) => ({ kind, id })), count: removed.length },
  });
}

function write(json: unknown, rows: string[][], isJson: boolean): void {
  process.stdout.write(isJson ? `${JSON.stringify(json, null, 2)}\n` : formatTable(rows));
}

/** Field by field, because scripts rely on these names. */
function toJson({ kind, id, owner, madeAt, sizeBytes, isLeftover, reason }: JudgedBelonging) {
  return { kind, id, owner, made_at: madeAt, size_bytes: sizeBytes, is_leftover: isLeftover, reason };
}

/** In the largest unit of which there are at least two, otherwise in seconds. */
function formatAge(at: Date): string {
  const seconds = Math.max(0, Math.round((Date.now() - at.getTime()) / 1000));
  const units = { d: 86_400, h: 3600, min: 60 };
  const found = Object.entries(units).find(([, size]) => seconds >= 2 * size);
  return found ? `${Math.floor(seconds / found[1])} ${found[0]}` : `${seconds} s`;
}
