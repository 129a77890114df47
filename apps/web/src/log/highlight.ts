import type { StyledText } from './ansi.ts';

/** A segment of a line with a uniform style. */
export interface HighlightedText extends StyledText {
  isMatch: boolean;
}

/** Splits the segments of a line at the matches of a search text, ignoring case. */
export function highlight(parts: readonly StyledText[], find: string): HighlightedText[] {
  const plain = parts.map((part) => ({ ...part, isMatch: false }));
  if (find === '') return plain;
  const text = parts.map((part) => part.text).join('');
  const ranges = [...text.matchAll(new RegExp(escapeRegExp(find), 'gi'))].map(({ index, 0: match }) => ({
    from: index,
    to: index + match.length,
  }));
  return ranges.length === 0 ? plain : cutAt(plain, ranges);
}

function cutAt(
  parts: readonly HighlightedText[],
  ranges: readonly { from: number; to: number }[],
): HighlightedText[] {
  const cut: HighlightedText[] = [];
  let start = 0;
  let next = 0;
  for (const part of parts) {
    const end = start + part.text.length;
    let at = start;
    while (at < end) {
      while ((ranges[next]?.to ?? Infinity) <= at) next += 1;
      const range = ranges[next];
      const isMatch = range !== undefined && range.from <= at;
      const until = Math.min(end, isMatch ? range.to : (range?.from ?? end));
      cut.push({ ...part, text: part.text.slice(at - start, until - start), isMatch });
      at = until;
    }
    start = end;
  }
  return cut;
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
