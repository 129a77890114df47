/**
 * Limit for one response as JSON: enough to read at once, and not more than a model can hold in addition to
 * its other work.
 */
export const maxAnswerBytes = 64 * 1024;
/** Leaves space for notes and the like. */
const maxBytes = maxAnswerBytes - 4 * 1024;
/** Leaves space for the other, short parts of a response beside the rows of a page or lines. */
const maxRowsBytes = maxBytes - 4 * 1024;
/** Limit for a single text, in UTF-16 units. */
const maxTextLength = 4000;
/** Lower limits for a response that is too long even with one entry per list. */
const shorterTexts = [1000, 200, 50];

export interface BoundedAnswer {
  answer: object;
  /** One note for the texts, and one for each truncated list. */
  notes: string[];
}

/** How many of the first rows fit in a response. */
export function countFitting(rows: readonly unknown[]): number {
  let bytes = 0;
  const end = rows.findIndex((row) => (bytes += measure(row) + 1) > maxRowsBytes);
  return end === -1 ? rows.length : end;
}

/** Truncates a text without splitting a surrogate pair, half of which would be invalid. */
export function shortenText(text: string, most: number): string {
  return text.length <= most ? text : text.slice(0, most).replace(/[\uD800-\uDBFF]$/, '');
}

/**
 * Truncates a response until it fits: first long texts, then repeatedly the longest list by half. Always cuts
 * at the end.
 * @param rest how to get what was left out
 */
export function boundAnswer(whole: object, rest: string): BoundedAnswer {
  const answer = structuredClone(whole);
  let areTextsCut = shortenTexts(answer, maxTextLength);
  const lengths = halveLists(answer);
  for (const most of shorterTexts) {
    if (measure(answer) <= maxBytes) break;
    areTextsCut = shortenTexts(answer, most) || areTextsCut;
  }
  const lists = [...listArrays(answer)].flatMap(([path, list]) => {
    const length = lengths.get(list);
    return length === undefined ? [] : [`${path} has the first ${list.length} of ${length}. ${rest}`];
  });
  return { answer, notes: [...(areTextsCut ? [`Long texts were cut. ${rest}`] : []), ...lists] };
}

function measure(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}

/** @returns the original lengths of the truncated lists */
function halveLists(answer: object): Map<unknown[], number> {
  const lengths = new Map<unknown[], number>();
  while (measure(answer) > maxBytes) {
    const [, list] = [...listArrays(answer)].reduce(
      (longest, each) => (each[1].length > longest[1].length ? each : longest),
      ['', []] as [string, unknown[]],
    );
    if (list.length < 2) break;
    if (!lengths.has(list)) lengths.set(list, list.length);
    list.length = Math.ceil(list.length / 2);
  }
  return lengths;
}

/** Yields every list within a value, with its path. */
function* listArrays(value: unknown, path = ''): Generator<[path: string, list: unknown[]]> {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) yield [path, value];
  for (const [key, inner] of Object.entries(value)) {
    yield* listArrays(inner, Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`);
  }
}

/** @returns whether any text was truncated */
function shortenTexts(container: object, most: number): boolean {
  let isAnyCut = false;
  for (const [key, value] of Object.entries(container)) {
    if (typeof value === 'string' && value.length > most) {
      Object.assign(container, { [key]: `${shortenText(value, most)}…` });
      isAnyCut = true;
    } else if (typeof value === 'object' && value !== null) {
      isAnyCut = shortenTexts(value, most) || isAnyCut;
    }
  }
  return isAnyCut;
}
