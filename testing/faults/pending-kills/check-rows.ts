import { marksOf, ordersPerRun } from './program.ts';

/** A line of the journal that the runs of a pipeline write. */
export interface JournalEntry {
  event: 'began' | 'asked' | 'extracted' | 'normalizing' | 'normalized' | 'job' | 'repeated' | 'ended';
  run: string;
  /** Of `asked` and `extracted`: the first and the last order. */
  first?: number;
  last?: number;
  load_id?: string;
  file?: string;
  /** Of `repeated`: the rows of a job that had started and whose package does not say that it is complete. */
  marks?: string[];
  /** Of `began`: the process, as it sees itself. */
  pid?: number;
  namespace?: string;
}

interface LoadedRows {
  disposition: string;
  /** Whether a job that is repeated overwrites the file that it had written. */
  overwrites: boolean;
  journal: readonly JournalEntry[];
  /** How often each mark is at the destination. */
  counts: Readonly<Record<string, number>>;
}

interface RowProblems {
  problems: string[];
  /** What dlt promises for append: a line for each repeated job of which rows are there again. */
  repeated: string[];
}

/**
 * Compares the rows at a destination with what runs asked the source for, once nothing is pending: no row may be missing,
 * and none may be there twice, except that of a job that was repeated under append. Reports also a package that was
 * complete and for whose rows the source was asked again.
 */
export function checkRows(loaded: LoadedRows): RowProblems {
  const { problems, ids } =
    loaded.disposition === 'replace' ? findGeneration(loaded) : findRange(loaded.journal, loaded.counts);
  const wanted = new Set(ids.flatMap(marksOf));
  const missing = [...wanted].filter((mark) => loaded.counts[mark] === undefined);
  const strange = Object.keys(loaded.counts).filter((mark) => !wanted.has(mark));
  const doubled = Object.entries(loaded.counts).filter(
    ([mark, count]) => wanted.has(mark) && count > maxCopies(loaded, mark),
  );
  return {
    problems: [
      ...problems,
      ...findAskedAgain(loaded.journal),
      ...describe('missing', missing),
      ...describe('not expected', strange),
      ...describe(
        'doubled',
        doubled.map(([mark, count]) => `${mark} (${count} times)`),
      ),
    ],
    repeated: describeRepeated(loaded),
  };
}

/** Under append and merge: all orders up to the last one whose package was complete. */
function findRange(journal: readonly JournalEntry[], counts: LoadedRows['counts']) {
  const asked = journal.filter(({ event }) => event === 'asked');
  const complete = journal.filter(({ event }) => event === 'extracted');
  // The source is asked from where the last complete package ends, and a run may die before it notes that.
  const last = Math.max(
    0,
    ...asked.map(({ first = 1 }) => first - 1),
    ...complete.map(({ last: end = 0 }) => end),
  );
  // The same for the very last one, if only a run that asked nothing came after it.
  const isNextThere = counts[`order-${last + 1}`] !== undefined;
  return { problems: [], ids: range(1, isNextThere ? last + ordersPerRun : last) };
}

/** Under replace: the orders of one run, the last whose package was complete or a later one. */
function findGeneration({ journal, counts }: LoadedRows) {
  const firstOf = (id: number) => id - ((id - 1) % ordersPerRun);
  const generations = new Set(
    Object.keys(counts).map((mark) => firstOf(Number(/^\w+-(\d+)/.exec(mark)?.[1]))),
  );
  const lastComplete = journal.filter(({ event }) => event === 'extracted').at(-1)?.first ?? 1;
  const [first = lastComplete] = [...generations].sort((one, other) => other - one);
  const problems =
    first < lastComplete ? [`the orders from ${first} are there, and not those from ${lastComplete}`] : [];
  return { problems, ids: range(first, first + ordersPerRun - 1) };
}

function findAskedAgain(journal: readonly JournalEntry[]): string[] {
  return journal.flatMap((entry, index) => {
    if (entry.event !== 'extracted') return [];
    const again = journal
      .slice(index)
      .find(
        ({ event, first = 0, last = 0 }) =>
          event === 'asked' && first <= (entry.last ?? 0) && last >= (entry.first ?? 0),
      );
    return again === undefined
      ? []
      : [`run ${again.run} asked again for ${again.first} to ${again.last}, of package ${entry.load_id}`];
  });
}

function describeRepeated({ journal, counts }: LoadedRows): string[] {
  return journal.flatMap(({ event, run, load_id: loadId, file, marks = [] }) => {
    const again = marks.filter((mark) => (counts[mark] ?? 0) > 1);
    if (event !== 'repeated' || again.length === 0) return [];
    return [
      `${again.length} rows (${again[0]} to ${again.at(-1)}): run ${run} found the job ${file} of package ${loadId} started, and not recorded as complete`,
    ];
  });
}

function maxCopies({ disposition, overwrites, journal }: LoadedRows, mark: string): number {
  if (disposition !== 'append' || overwrites) return 1;
  return 1 + journal.filter(({ event, marks }) => event === 'repeated' && marks?.includes(mark)).length;
}

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

const describe = (what: string, marks: string[]): string[] =>
  marks.length === 0 ? [] : [`${marks.length} rows ${what}: ${marks.slice(0, 8).join(', ')}`];
