/** What a part of code is; each has a color. */
export const codeKinds = ['keyword', 'string', 'number', 'comment', 'name'] as const;
export type CodeKind = (typeof codeKinds)[number];

/** A part of a line: characters `start` to `end`, exclusive. */
export interface CodeSpan {
  start: number;
  end: number;
  kind: CodeKind;
}

/** The spans of a text as numbers, three each: start, end and index of the kind. Workers send it without copying. */
export type PackedSpans = Uint32Array<ArrayBuffer>;

/** Spans by line of a text. Spans of several lines, such as docstrings, are cut at their ends. */
export function splitSpans(text: string, packed: PackedSpans): CodeSpan[][] {
  const lines: CodeSpan[][] = [];
  let at = 0;
  let next = 0;
  for (const line of text.split('\n')) {
    const end = at + line.length;
    const spans: CodeSpan[] = [];
    while (next < packed.length && (packed[next] ?? 0) < end) {
      const spanEnd = packed[next + 1] ?? 0;
      const kind = codeKinds[packed[next + 2] ?? 0];
      const start = Math.max(packed[next] ?? 0, at);
      if (kind && spanEnd > start) spans.push({ start: start - at, end: Math.min(spanEnd, end) - at, kind });
      if (spanEnd > end) break;
      next += 3;
    }
    lines.push(spans);
    at = end + 1;
  }
  return lines;
}

/** A part of a line with one appearance. */
export interface TextPart {
  text: string;
  kind: CodeKind | null;
  isEmphasized: boolean;
}

/** Divides a line where its spans or its emphasis begin or end. */
export function divideLine(
  text: string,
  spans: readonly CodeSpan[],
  emphasis: { start: number; end: number } | null,
): TextPart[] {
  const cuts = new Set([0, text.length]);
  for (const { start, end } of emphasis === null ? spans : [...spans, emphasis]) cuts.add(start).add(end);
  const sorted = [...cuts].filter((cut) => cut <= text.length).toSorted((one, other) => one - other);
  return sorted.slice(1).map((end, index) => {
    const start = sorted[index] ?? 0;
    return {
      text: text.slice(start, end),
      kind: spans.find((span) => span.start <= start && end <= span.end)?.kind ?? null,
      isEmphasized: emphasis !== null && emphasis.start <= start && end <= emphasis.end,
    };
  });
}
