import type { LogSearchResponse } from '@pumphouse/contract';

/** Line numbers per response; more are fetched when the user gets close to the last known one. */
const numbersAtOnce = 10_000;

/** Searches lines after `afterLine` and returns the numbers of the first `limit` matches. */
export type SearchLines = (afterLine: number, limit: number) => Promise<LogSearchResponse>;

/** Known matches of a search. */
export interface MatchState {
  /** Sorted line numbers, starting with the first match; complete if there are `total` of them. */
  numbers: readonly number[];
  /** Number of matches in the lines searched so far. */
  total: number;
  /** Whether all existing lines were searched. */
  isWhole: boolean;
  failure: unknown;
}

const nothing: MatchState = { numbers: [], total: 0, isWhole: false, failure: null };

/**
 * Matches of a search or filter in a log: counted over the whole log, with line numbers as far as needed.
 * Continues as the log grows.
 */
export class LogMatches {
  readonly #search: SearchLines;
  readonly #listeners = new Set<() => void>();
  #state: MatchState = nothing;
  #searchedTo = -1;
  #isAtWork = false;
  #lineCount = 0;
  #wantsMore = false;
  #isStopped = true;

  constructor(search: SearchLines) {
    this.#search = search;
  }

  /** Starts or continues the search. */
  start(): void {
    this.#isStopped = false;
    void this.#work();
  }

  /** Stops the search when its results are no longer shown. */
  stop(): void {
    this.#isStopped = true;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  get state(): MatchState {
    return this.#state;
  }

  /** Sets the current length of the log. */
  grow(lineCount: number): void {
    this.#lineCount = Math.max(this.#lineCount, lineCount);
    if (this.#state.isWhole && this.#searchedTo < this.#lineCount - 1) void this.#work();
  }

  /** Fetches further line numbers, if there are any. */
  more(): void {
    if (this.#state.numbers.length >= this.#state.total) return;
    this.#wantsMore = true;
    void this.#work();
  }

  retry(): void {
    this.#set({ failure: null });
    void this.#work();
  }

  async #work(): Promise<void> {
    if (this.#isAtWork || this.#isStopped || this.#state.failure !== null) return;
    this.#isAtWork = true;
    try {
      do {
        if (this.#wantsMore) await this.#fetchNumbers();
        else await this.#lookOn();
      } while (!this.#isStopped && (!this.#state.isWhole || this.#wantsMore));
    } catch (error) {
      this.#set({ failure: error });
    } finally {
      this.#isAtWork = false;
    }
  }

  /**
   * Searches the next lines. Once there are more matches than known numbers, it requests only their count.
   */
  async #lookOn(): Promise<void> {
    const { numbers, total } = this.#state;
    const isBehind = numbers.length < total;
    const answer = await this.#search(this.#searchedTo, isBehind ? 1 : numbersAtOnce);
    const isStuck = !answer.reached_end && answer.searched_to_line <= this.#searchedTo;
    if (isStuck) throw new Error('The log search is not making progress.');
    this.#searchedTo = Math.max(this.#searchedTo, answer.searched_to_line);
    this.#set({
      numbers: isBehind ? numbers : [...numbers, ...answer.line_numbers],
      total: total + answer.match_count,
      isWhole: answer.reached_end,
    });
  }

  /** Fetches the numbers after the last known one. Their matches are already counted. */
  async #fetchNumbers(): Promise<void> {
    this.#wantsMore = false;
    const { numbers, total } = this.#state;
    const last = numbers.at(-1) ?? -1;
    const { line_numbers: next } = await this.#search(last, numbersAtOnce);
    const known = [...numbers, ...next.slice(0, total - numbers.length)];
    // If retention deleted part of the log, there are fewer matches than were counted.
    this.#set(next.length === 0 ? { total: numbers.length } : { numbers: known });
  }

  #set(change: Partial<MatchState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

/** Number of sorted values below a line, by binary search. */
export function countBelow(numbers: readonly number[], line: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) < line) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Finds the next match from `line` in the given direction, wrapping around at the end.
 * @returns its index in `numbers`; -1 if there are no matches
 */
export function findNextMatch(numbers: readonly number[], line: number, direction: 1 | -1): number {
  if (numbers.length === 0) return -1;
  if (direction === 1) {
    const next = countBelow(numbers, line + 1);
    return next === numbers.length ? 0 : next;
  }
  const previous = countBelow(numbers, line) - 1;
  return previous < 0 ? numbers.length - 1 : previous;
}
