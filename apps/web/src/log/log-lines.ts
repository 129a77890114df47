import type { LogLineExcerpt, LogLinesResponse } from '@pumphouse/contract';
import { findMissingRanges, type LineRange } from './missing-ranges.ts';

/** Lines that are kept together, and let go together. */
const blockLines = 100;

/** Blocks that are kept: 60,000 lines, far more than a screen and its surroundings. */
const mostBlocks = 600;

/** Requests under way at once. The browser has six connections for all that the page does. */
const mostRequests = 3;

/** How much of the log there is, as far as is known. */
export interface LogExtent {
  lineCount: number;
  /** No line comes any more. */
  isComplete: boolean;
}

/** What lies where in the log: lines of an attempt, from its first one on. */
export type LogAttempt = LogLinesResponse['attempts'][number];

/** Reads lines from `fromLine` on; a negative one counts from the end. */
export type FetchLines = (fromLine: number, limit: number) => Promise<LogLinesResponse>;

/**
 * The lines of one log, fetched as they are looked at and kept in a bounded memory. Whoever shows them subscribes, says which lines it
 * wants now, and draws places for those that are not there yet.
 */
export class LogLines {
  readonly #fetch: FetchLines;
  readonly #blocks = new Map<number, (LogLineExcerpt | undefined)[]>();
  readonly #listeners = new Set<() => void>();
  #wanted: readonly number[] = [];
  #underWay: LineRange[] = [];
  #extent: LogExtent | null = null;
  #attempts: readonly LogAttempt[] = [];
  #failure: unknown = null;
  /** The server had not the lines that it was asked for: nothing more is asked until something changes. */
  #isStalled = false;
  #version = 0;

  constructor(fetchLines: FetchLines) {
    this.#fetch = fetchLines;
  }

  /** Null until the first answer. */
  get extent(): LogExtent | null {
    return this.#extent;
  }

  get attempts(): readonly LogAttempt[] {
    return this.#attempts;
  }

  /** Why the last request failed; null once one succeeded. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Grows with each change, for `useSyncExternalStore`. */
  get version(): number {
    return this.#version;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** @param line number from 0 on */
  get(line: number): LogLineExcerpt | undefined {
    return this.#blocks.get(Math.floor(line / blockLines))?.[line % blockLines];
  }

  /** Fetches the first lines, or with a negative number the last ones; the extent is known then. */
  async open(fromLine: number): Promise<void> {
    await this.#request(fromLine, 500);
  }

  /** Takes note that the log grew, as an event tells. */
  grow(extent: LogExtent): void {
    const known = this.#extent;
    const isNews =
      known === null ||
      extent.lineCount > known.lineCount ||
      (extent.isComplete && !known.isComplete && extent.lineCount >= known.lineCount);
    if (!isNews) return;
    this.#extent = extent;
    this.#isStalled = false;
    this.#failure = null;
    this.#change();
    this.#pump();
  }

  /** Asks how long the log is now, and for what came since. */
  async refresh(): Promise<void> {
    await this.#request(this.#extent?.lineCount ?? 0, 500);
  }

  /** What is to be there: lines in sight first. Replaces what was wanted before, so that nothing is fetched for places that were passed. */
  want(lines: readonly number[]): void {
    if (sameNumbers(lines, this.#wanted)) return;
    this.#wanted = lines;
    this.#isStalled = false;
    this.#pump();
  }

  /** Tries again after a failure. */
  retry(): void {
    this.#failure = null;
    this.#change();
    if (this.#extent === null) void this.open(0);
    else this.#pump();
  }

  /**
   * All lines of a range, those that were let go or never fetched too. Nothing of it is kept.
   * @param to not included
   */
  async read(from: number, to: number): Promise<LogLineExcerpt[]> {
    const lines: LogLineExcerpt[] = [];
    while (from + lines.length < to) {
      const line = from + lines.length;
      const known = this.get(line);
      if (known) lines.push(known);
      else {
        const answer = await this.#fetch(line, Math.min(2000, to - line));
        if (answer.lines.length === 0) break;
        lines.push(...answer.lines);
      }
    }
    return lines;
  }

  #pump(): void {
    if (this.#failure !== null || this.#isStalled || this.#extent === null) return;
    const { lineCount } = this.#extent;
    const missing = this.#wanted.filter(
      (line) => line >= 0 && line < lineCount && !this.get(line) && !this.#isUnderWay(line),
    );
    for (const { from, to } of findMissingRanges(missing)) {
      if (this.#underWay.length >= mostRequests) return;
      void this.#request(from, to - from);
    }
  }

  #isUnderWay(line: number): boolean {
    return this.#underWay.some(({ from, to }) => line >= from && line < to);
  }

  async #request(fromLine: number, limit: number): Promise<void> {
    const range = { from: fromLine, to: fromLine + limit };
    this.#underWay.push(range);
    try {
      const answer = await this.#fetch(fromLine, limit);
      this.#isStalled = answer.lines.length === 0;
      this.#take(answer);
      this.#failure = null;
    } catch (error) {
      this.#failure = error;
    } finally {
      this.#underWay = this.#underWay.filter((each) => each !== range);
    }
    this.#change();
    this.#pump();
  }

  #take({ lines, line_count, is_complete, attempts }: LogLinesResponse): void {
    for (const line of lines) this.#put(line);
    if (attempts.length >= this.#attempts.length) this.#attempts = attempts;
    const known = this.#extent;
    this.#extent = {
      lineCount: Math.max(line_count, known?.lineCount ?? 0),
      isComplete: is_complete || known?.isComplete === true,
    };
    this.#letGo();
  }

  /** A block that is written to becomes the youngest. */
  #put(line: LogLineExcerpt): void {
    const number = Math.floor(line.line_num / blockLines);
    const block = this.#blocks.get(number) ?? [];
    block[line.line_num % blockLines] = line;
    this.#blocks.delete(number);
    this.#blocks.set(number, block);
  }

  /** Lets the oldest blocks go, but none that is looked at. */
  #letGo(): void {
    if (this.#blocks.size <= mostBlocks) return;
    const inUse = new Set(this.#wanted.map((line) => Math.floor(line / blockLines)));
    for (const number of this.#blocks.keys()) {
      if (this.#blocks.size <= mostBlocks) return;
      if (!inUse.has(number)) this.#blocks.delete(number);
    }
  }

  #change(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}

function sameNumbers(some: readonly number[], others: readonly number[]): boolean {
  return some.length === others.length && some.every((each, index) => each === others[index]);
}
