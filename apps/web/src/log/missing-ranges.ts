/** Lines from `from` to `to`, exclusive. */
export interface LineRange {
  from: number;
  to: number;
}

/** Lines closer than this are fetched with one request, including the lines between them. */
const nearLines = 50;

/** Maximum lines per response of the API. */
const maxLines = 2000;

/**
 * Ranges to request for these lines. The first range contains the first line of the list, whatever its
 * number.
 */
export function findMissingRanges(lines: readonly number[]): LineRange[] {
  const [first] = lines;
  if (first === undefined) return [];
  const ranges = joinNear([...lines].sort((one, other) => one - other)).flatMap(cut);
  const holdsFirst = ranges.findIndex(({ from, to }) => first >= from && first < to);
  return [...ranges.slice(holdsFirst), ...ranges.slice(0, holdsFirst)];
}

function joinNear(sorted: readonly number[]): LineRange[] {
  const ranges: LineRange[] = [];
  for (const line of sorted) {
    const last = ranges.at(-1);
    if (last && line - last.to < nearLines) last.to = Math.max(last.to, line + 1);
    else ranges.push({ from: line, to: line + 1 });
  }
  return ranges;
}

function cut({ from, to }: LineRange): LineRange[] {
  const ranges: LineRange[] = [];
  for (let start = from; start < to; start += maxLines) {
    ranges.push({ from: start, to: Math.min(to, start + maxLines) });
  }
  return ranges;
}
