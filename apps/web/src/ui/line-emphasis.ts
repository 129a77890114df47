/** A line of a diff, as the API returns it. */
interface DifferenceLine {
  kind: 'context' | 'removed' | 'added';
  text: string;
}

/** The part of a line that differs from the line it replaces: characters `start` to `end`, exclusive. */
export interface Emphasis {
  start: number;
  end: number;
}

/** Lines that share less than this fraction of the longer line count as different lines, not as a change. */
const minSharedShare = 0.3;

/**
 * For each line of a hunk, the part that changed; null if the whole line changed or the line has no
 * counterpart. Removed lines are paired in order with an equal number of added lines that follow them.
 */
export function findEmphasis(lines: readonly DifferenceLine[]): (Emphasis | null)[] {
  const found: (Emphasis | null)[] = lines.map(() => null);
  let index = 0;
  while (index < lines.length) {
    const removed = countKind(lines, index, 'removed');
    const added = countKind(lines, index + removed, 'added');
    if (removed === added) {
      for (let pair = index; pair < index + removed; pair++) {
        const [before, after] = compareLines(lines[pair]?.text ?? '', lines[pair + removed]?.text ?? '');
        found[pair] = before;
        found[pair + removed] = after;
      }
    }
    index += Math.max(1, removed + added);
  }
  return found;
}

function countKind(lines: readonly DifferenceLine[], from: number, kind: DifferenceLine['kind']): number {
  let end = from;
  while (lines[end]?.kind === kind) end += 1;
  return end - from;
}

function compareLines(before: string, after: string): [Emphasis | null, Emphasis | null] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let tail = 0;
  while (tail < shorter - start && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  if (start + tail < minSharedShare * Math.max(before.length, after.length)) return [null, null];
  return [
    { start, end: before.length - tail },
    { start, end: after.length - tail },
  ];
}
