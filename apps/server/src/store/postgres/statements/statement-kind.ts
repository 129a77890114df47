import type { StatementKind } from '../../../platform/instruments.ts';

const kinds: Readonly<Record<string, StatementKind>> = {
  select: 'select',
  insert: 'insert',
  update: 'update',
  delete: 'delete',
  with: 'with',
};
const firstWord = /^\s*([a-z]+)/i;

/** Enough for all constant texts; lists with filters may have more. */
const maxKnown = 500;
const known = new Map<string, StatementKind>();

/** Reads how a statement begins. `with` may read or write. */
export function readStatementKind(text: string): StatementKind {
  const found = known.get(text);
  if (found) return found;
  const kind = kinds[firstWord.exec(text)?.[1]?.toLowerCase() ?? ''] ?? 'other';
  if (known.size < maxKnown) known.set(text, kind);
  return kind;
}
