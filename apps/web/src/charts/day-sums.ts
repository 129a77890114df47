/**
 * Fewer, wider days: neighbours are added up until `most` are left. The newest group is whole; the oldest may be of fewer days.
 * @param values one a day, oldest first
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
