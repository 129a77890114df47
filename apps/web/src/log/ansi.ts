import { controlSequences, keepLastRewrite } from '@pumphouse/client';

/** Style of a text segment. Colours are terminal colours by number (0 to 15), or CSS colours. */
export interface TextStyle {
  colour?: number | string | undefined;
  ground?: number | string | undefined;
  isBold?: boolean | undefined;
  isFaint?: boolean | undefined;
  isItalic?: boolean | undefined;
  isUnderlined?: boolean | undefined;
  isStruck?: boolean | undefined;
  isInverse?: boolean | undefined;
}

export interface StyledText {
  text: string;
  style: TextStyle;
}

const plain: TextStyle = {};

/**
 * Parses a log line into styled segments. Only "select graphic rendition" sequences are applied; others are
 * dropped. Text after a carriage return replaces the text before it, as progress bars expect.
 */
export function parseAnsi(line: string): StyledText[] {
  const text = keepLastRewrite(line);
  const parts: StyledText[] = [];
  let style = plain;
  let from = 0;
  for (const match of text.matchAll(controlSequences)) {
    append(parts, text.slice(from, match.index), style);
    if (match[2] === 'm') style = applyCodes(style, match[1] ?? '');
    from = match.index + match[0].length;
  }
  append(parts, text.slice(from), style);
  return parts;
}

function append(parts: StyledText[], text: string, style: TextStyle): void {
  if (text === '') return;
  const last = parts.at(-1);
  if (last?.style === style) last.text += text;
  else parts.push({ text, style });
}

function applyCodes(style: TextStyle, parameters: string): TextStyle {
  const codes = parameters.split(/[;:]/).map((code) => (code === '' ? 0 : Number(code)));
  let next = { ...style };
  for (let index = 0; index < codes.length; index++) {
    const code = codes[index] ?? 0;
    if (code === 38 || code === 48) {
      const [colour, taken] = readExtendedColour(codes, index + 1);
      index += taken;
      if (colour !== null) next = { ...next, [code === 38 ? 'colour' : 'ground']: colour };
    } else {
      next = applyCode(next, code);
    }
  }
  return next;
}

function applyCode(style: TextStyle, code: number): TextStyle {
  if (code === 0) return plain;
  if (code >= 30 && code <= 37) return { ...style, colour: code - 30 };
  if (code >= 90 && code <= 97) return { ...style, colour: code - 90 + 8 };
  if (code >= 40 && code <= 47) return { ...style, ground: code - 40 };
  if (code >= 100 && code <= 107) return { ...style, ground: code - 100 + 8 };
  const change = changes.get(code);
  return change ? { ...style, ...change } : style;
}

const changes: ReadonlyMap<number, TextStyle> = new Map<number, TextStyle>([
  [1, { isBold: true }],
  [2, { isFaint: true }],
  [3, { isItalic: true }],
  [4, { isUnderlined: true }],
  [7, { isInverse: true }],
  [9, { isStruck: true }],
  [21, { isUnderlined: true }],
  [22, { isBold: undefined, isFaint: undefined }],
  [23, { isItalic: undefined }],
  [24, { isUnderlined: undefined }],
  [27, { isInverse: undefined }],
  [29, { isStruck: undefined }],
  [39, { colour: undefined }],
  [49, { ground: undefined }],
]);

/** Reads `5;n` (256 colours) or `2;r;g;b` (RGB). @returns the colour and the number of codes consumed */
function readExtendedColour(
  codes: readonly number[],
  from: number,
): [colour: number | string | null, taken: number] {
  if (codes[from] === 5) return [toColourOf256(codes[from + 1]), 2];
  if (codes[from] !== 2) return [null, 1];
  const [red, green, blue] = codes.slice(from + 1, from + 4).map(toByte);
  return [toRgb(red, green, blue), 4];
}

function toByte(value: number): number {
  return Number.isInteger(value) ? Math.max(0, Math.min(255, value)) : 0;
}

function toRgb(red = 0, green = 0, blue = 0): string {
  return `rgb(${red} ${green} ${blue})`;
}

/** 16 named colours, a 6×6×6 colour cube and 24 greys. */
function toColourOf256(code = -1): number | string | null {
  if (!Number.isInteger(code) || code < 0 || code > 255) return null;
  if (code < 16) return code;
  if (code >= 232) return toRgb(...Array.from({ length: 3 }, () => 8 + (code - 232) * 10));
  const cube = code - 16;
  return toRgb(...[Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map(toLevel));
}

function toLevel(step: number): number {
  return step === 0 ? 0 : 55 + step * 40;
}
