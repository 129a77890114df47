/** Returns the candidate that a mistyped name most likely means; undefined if none is close. */
export function findSimilar(name: string, candidates: readonly string[]): string | undefined {
  return listSimilar(name, candidates)[0];
}

/**
 * Lists the candidates that a mistyped name most likely means: those that begin with it, shortest first; otherwise
 * those that the fewest edits make of it, if they are few.
 */
export function listSimilar(name: string, candidates: readonly string[]): string[] {
  const typed = name.toLowerCase();
  const longer = candidates.filter((candidate) => candidate.toLowerCase().startsWith(typed));
  // One letter says too little.
  if (typed.length > 1 && longer.length > 0) return longer.toSorted((a, b) => a.length - b.length);
  const maxDistance = Math.max(1, Math.floor(name.length / 3));
  const distances = candidates.map((candidate) => countEdits(typed, candidate.toLowerCase()));
  const smallest = Math.min(maxDistance, ...distances);
  return candidates.filter((_, index) => distances[index] === smallest);
}

/** The edit distance of two texts; two swapped letters count as one edit, because they are one slip. */
function countEdits(left: string, right: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const isSame = left[row - 1] === right[column - 1];
      const isSwapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      current.push(
        Math.min(
          (previous[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          (previous[column - 1] ?? 0) + (isSame ? 0 : 1),
          isSwapped && row > 1 ? (beforePrevious[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    [beforePrevious, previous] = [previous, current];
  }
  return previous[right.length] ?? 0;
}
