/**
 * Sums neighbouring days into at most `most` groups. The newest group is complete; the oldest may have fewer
 * days.
 * @param values one per day, oldest first
 */
export function groupDays(values: readonly number[], most: number): number[] {
  const perGroup = Math.max(1, Math.ceil(values.length / most));
  const groups: number[] = [];
  for (let end = values.length; end > 0; end -= perGroup) {
    groups.unshift(sumOf(values.slice(Math.max(0, end - perGroup), end)));
  }
  return groups;
}

export function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
