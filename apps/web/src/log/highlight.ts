import type { StyledText } from './ansi.ts';

/** A piece of a line that is drawn in one way. */
export interface HighlightedText extends StyledText {
  isMatch: boolean;
}

/** Cuts the pieces of a line where a searched text begins and ends, in any case of its letters. */
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
