import type { LogLineExcerpt, LogLinesResponse } from '@pumphouse/contract';
import { findMissingRanges, type LineRange } from './missing-ranges.ts';

/** Lines per cache block, the unit of eviction. */
const blockLines = 100;

/** Maximum cached blocks: 60,000 lines, far more than the viewport and its surroundings. */
const maxBlocks = 600;

/** Maximum concurrent requests. The browser has six connections for the whole page. */
const maxRequests = 3;

/** Known length of the log. */
export interface LogExtent {
  lineCount: number;
  /** No further lines will be added. */
  isComplete: boolean;
}

/** An attempt and its first line in the log. */
export type LogAttempt = LogLinesResponse['attempts'][number];

/** Fetches lines starting at `fromLine`; a negative value counts from the end. */
export type FetchLines = (fromLine: number, limit: number) => Promise<LogLinesResponse>;

/**
 * Lazily fetched lines of one log in a bounded cache. A viewer subscribes, requests the lines that it
 * currently needs with `want`, and renders placeholders for missing lines.
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
  /** The server returned none of the requested lines: stop requesting until something changes. */
  #isStalled = false;
  #version = 0;

  constructor(fetchLines: FetchLines) {
    this.#fetch = fetchLines;
  }

  /** Null until the first response. */
  get extent(): LogExtent | null {
    return this.#extent;
  }

  get attempts(): readonly LogAttempt[] {
    return this.#attempts;
  }

  /** Error of the last request; null after a success. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Increases with each change, for `useSyncExternalStore`. */
  get version(): number {
    return this.#version;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** @param line line number, counted from 0 */
  get(line: number): LogLineExcerpt | undefined {
    return this.#blocks.get(Math.floor(line / blockLines))?.[line % blockLines];
  }

  /** Fetches the first lines, or the last lines for a negative number, and with them the extent. */
  async open(fromLine: number): Promise<void> {
    await this.#request(fromLine, 500);
  }

  /** Takes lines that the server sent because they are new. */
  add(added: LogLinesResponse): void {
    // Before the first response, the log may open elsewhere.
    if (this.#extent === null) return;
    this.#take(added);
    this.#isStalled = false;
    this.#change();
    this.#pump();
  }

  /** Handles an event that the log has grown. */
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

  /** Fetches new lines and the current length. */
  async refresh(): Promise<void> {
    await this.#request(this.#extent?.lineCount ?? 0, 500);
  }

  /**
   * Sets the lines to fetch, visible lines first. Replaces the previous list, so that positions scrolled past
   * are not fetched.
   */
  want(lines: readonly number[]): void {
    if (sameNumbers(lines, this.#wanted)) return;
    this.#wanted = lines;
    this.#isStalled = false;
    this.#pump();
  }

  /** Retries after a failure. */
  retry(): void {
    this.#failure = null;
    this.#change();
    if (this.#extent === null) void this.open(0);
    else this.#pump();
  }

  /**
   * Returns all lines of a range and fetches missing ones without caching them.
   * @param to exclusive
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
      if (this.#underWay.length >= maxRequests) return;
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

  /** Writing to a block makes it the most recent one. */
  #put(line: LogLineExcerpt): void {
    const number = Math.floor(line.line_num / blockLines);
    const block = this.#blocks.get(number) ?? [];
    block[line.line_num % blockLines] = line;
    this.#blocks.delete(number);
    this.#blocks.set(number, block);
  }

  /** Evicts the oldest blocks, except those in use, which lru-cache cannot pin. */
  #letGo(): void {
    if (this.#blocks.size <= maxBlocks) return;
    const inUse = new Set(this.#wanted.map((line) => Math.floor(line / blockLines)));
    for (const number of this.#blocks.keys()) {
      if (this.#blocks.size <= maxBlocks) return;
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
