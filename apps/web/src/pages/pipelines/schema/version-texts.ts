import type { SchemaChangeCounts, SchemaVersionChangesResponse } from '@pumphouse/contract';
import { formatNoun, formatShortInstant } from '../../../ui/format.ts';

type Named = Pick<SchemaVersionChangesResponse, 'version' | 'version_hash'>;

/** `v14`; the start of the hash if dlt reported no number. */
export function nameVersion({ version, version_hash: hash }: Named): string {
  return version === null ? hash.slice(0, 8) : `v${version}`;
}

/** Label in a version select: "v14, 12 Nov 06:15: +1 column". */
export function describeVersion(each: SchemaVersionChangesResponse, now: Date): string {
  const what = each.base_hash === null ? 'first' : describeCounts(each.counts);
  return `${nameVersion(each)}, ${formatShortInstant(new Date(each.created_at), now)}: ${what}`;
}

/** Summary of a version's changes: "+1 table, +2 columns, ~1 change". */
export function describeCounts(counts: SchemaChangeCounts): string {
  const parts = [
    countOf('+', counts.tables_added, 'table'),
    countOf('−', counts.tables_removed, 'table'),
    countOf('+', counts.columns_added, 'column'),
    countOf('−', counts.columns_removed, 'column'),
    countOf('~', counts.columns_changed, 'change'),
  ].filter((word) => word !== null);
  return parts.length === 0 ? 'no visible changes' : parts.join(', ');
}

function countOf(sign: string, count: number, noun: string): string | null {
  return count === 0 ? null : `${sign}${formatNoun(count, noun)}`;
}
