/** Of the JSON of one answer: enough to read at once, and no more than a model can hold beside its other work. */
export const mostAnswerBytes = 64 * 1024;
/** What has room beside notes and the like. */
const mostBytes = mostAnswerBytes - 4 * 1024;
/** What has room beside the other parts of an answer, which are short: the rows of a page, or lines. */
const mostRowsBytes = mostBytes - 4 * 1024;
/** Of a single text, in UTF-16 units. */
const mostText = 4000;
/** The same in an answer that is too long even when each of its lists has one entry. */
const shorterTexts = [1000, 200, 50];

export interface BoundedAnswer {
  answer: object;
  /** One for the texts, and one for each list that was cut. */
  notes: string[];
}

/** How many of the first rows have room in an answer. */
export function countFitting(rows: readonly unknown[]): number {
  let bytes = 0;
  const end = rows.findIndex((row) => (bytes += measure(row) + 1) > mostRowsBytes);
  return end === -1 ? rows.length : end;
}

/** The text as far as an answer shows it, not cut within a surrogate pair, of which one half is no text. */
export function shortenText(text: string, most: number): string {
  return text.length <= most ? text : text.slice(0, most).replace(/[\uD800-\uDBFF]$/, '');
}

/**
 * Cuts an answer until it has room: long texts first, then the longest of its lists by half, and so on. What is cut is the end.
 * @param rest how to get what is left out
 */
export function boundAnswer(whole: object, rest: string): BoundedAnswer {
  const answer = structuredClone(whole);
  let areTextsCut = shortenTexts(answer, mostText);
  const lengths = halveLists(answer);
  for (const most of shorterTexts) {
    if (measure(answer) <= mostBytes) break;
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

/** @returns the lengths that the lists had which were cut */
function halveLists(answer: object): Map<unknown[], number> {
  const lengths = new Map<unknown[], number>();
  while (measure(answer) > mostBytes) {
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

/** Every list within a value, with where it is. */
function* listArrays(value: unknown, path = ''): Generator<[path: string, list: unknown[]]> {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) yield [path, value];
  for (const [key, inner] of Object.entries(value)) {
    yield* listArrays(inner, Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`);
  }
}

/** @returns whether there was one to shorten */
function shortenTexts(container: object, most: number): boolean {
  let isAnyCut = false;
  for (const [key, value] of Object.entries(container)) {
    if (typeof value === 'string' && value.length > most) {
      Object.assign(container, { [key]: `${shortenText(value, most)}…` });
      isAnyCut = true;
    } else if (typeof value === 'object' && value !== null) {
      isAnyCut = shortenTexts(value as object, most) || isAnyCut;
    }
  }
  return isAnyCut;
}
