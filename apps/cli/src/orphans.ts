import type {
  ClassifiedResource,
  OrphanCollector,
  Persistence,
  RemovedOrphans,
} from '@pumphouse/server/operator';
import {
  createServerLog,
  formatBytes,
  openStorage,
  readConfig,
  recordChange,
} from '@pumphouse/server/operator';
import { actAsOperator } from './operator.ts';
import { formatTable } from './table.ts';

interface OrphanOptions {
  remove?: true;
  unknown?: true;
  json?: true;
}

/**
 * Prints all resources of the executor and whether they are orphaned; or removes the orphaned ones and prints
 * them.
 */
export async function handleOrphans(options: OrphanOptions): Promise<void> {
  if (options.unknown && !options.remove) throw new Error('--unknown needs --remove.');
  const config = readConfig();
  const opened = await openStorage(config, createServerLog({ ...config, logLevel: 'error' }));
  try {
    const json = options.json === true;
    if (options.remove) await actAsOperator(() => removeOrphans(opened, options));
    else await showOrphans(opened.orphans, json);
  } finally {
    await opened.close();
  }
}

async function showOrphans(orphans: OrphanCollector, json: boolean): Promise<void> {
  const kept = await orphans.list();
  // Resources to remove come last, at the visible end of a long table.
  const ordered = kept.toSorted((a, b) => Number(a.isOrphan) - Number(b.isOrphan));
  const rows = ordered.map(({ kind, id, madeAt, sizeBytes, isOrphan, isUnknown, reason }) => {
    const size = sizeBytes === null ? '-' : formatBytes(sizeBytes);
    return [kind, id, formatAge(madeAt), size, nameState(isOrphan, isUnknown), reason];
  });
  write(ordered.map(toJson), [['KIND', 'NAME', 'AGE', 'SIZE', 'STATE', 'REASON'], ...rows], json);
}

/** @throws Error that names what could not be removed, after printing what was */
async function removeOrphans(
  { orphans, persistence }: { orphans: OrphanCollector; persistence: Persistence },
  options: OrphanOptions,
): Promise<void> {
  const { removed, failed } = await orphans.remove({ removesUnknown: options.unknown === true });
  await recordRemoval(persistence, removed);
  const rows = removed.map(({ kind, id, madeAt, reason }) => [kind, id, formatAge(madeAt), reason]);
  write(removed.map(toJson), [['KIND', 'REMOVED', 'AGE', 'REASON'], ...rows], options.json === true);
  if (failed.length === 0) return;
  const problems = failed.map(({ resource, problem }) => `  ${resource.id}: ${problem}`);
  throw new Error(`these could not be removed; run the command again:\n${problems.join('\n')}`);
}

/** Recorded after the removal, which is not transactional. */
async function recordRemoval({ store }: Persistence, removed: RemovedOrphans['removed']): Promise<void> {
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
function toJson({ kind, id, owner, madeAt, sizeBytes, isOrphan, isUnknown, reason }: ClassifiedResource) {
  const state = { is_leftover: isOrphan, is_unknown: isUnknown };
  return { kind, id, owner, made_at: madeAt, size_bytes: sizeBytes, ...state, reason };
}

function nameState(isOrphan: boolean, isUnknown: boolean): string {
  if (isUnknown) return 'unknown';
  return isOrphan ? 'orphaned' : 'kept';
}

/** In the largest unit of which there are at least two, otherwise in seconds. */
function formatAge(at: Date): string {
  const seconds = Math.max(0, Math.round((Date.now() - at.getTime()) / 1000));
  const units = { d: 86_400, h: 3600, min: 60 };
  const found = Object.entries(units).find(([, size]) => seconds >= 2 * size);
  return found ? `${Math.floor(seconds / found[1])} ${found[0]}` : `${seconds} s`;
}
