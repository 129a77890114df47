import type { LogSearchResponse } from '@pumphouse/contract';

/** Numbers of lines that one answer gives; others are fetched when somebody comes near the last known one. */
const numbersAtOnce = 10_000;

/** Looks at lines after `afterLine`, and gives the numbers of the first `limit` that match. */
export type SearchLines = (afterLine: number, limit: number) => Promise<LogSearchResponse>;

/** What is known of the lines that match. */
export interface MatchState {
  /** In order, from the first one on; all of them where there are as many as `total`. */
  numbers: readonly number[];
  /** As far as was looked. */
  total: number;
  /** Whether all lines that there are were looked at. */
  isWhole: boolean;
  failure: unknown;
}

const nothing: MatchState = { numbers: [], total: 0, isWhole: false, failure: null };

/**
 * The lines of a log that match a search or a filter: counted over the whole log, numbered as far as somebody looks. Goes on when the log
 * grows.
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

  /** Begins, or goes on. */
  start(): void {
    this.#isStopped = false;
    void this.#work();
  }

  /** Looks no further: nobody sees what is found. */
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

  /** The log has so many lines now. */
  grow(lineCount: number): void {
    this.#lineCount = Math.max(this.#lineCount, lineCount);
    if (this.#state.isWhole && this.#searchedTo < this.#lineCount - 1) void this.#work();
  }

  /** Fetches the numbers of further lines, where there are some. */
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

  /** Looks at lines that were not looked at. Once there are more matches than numbers known, only their count is asked for. */
  async #lookOn(): Promise<void> {
    const { numbers, total } = this.#state;
    const isBehind = numbers.length < total;
    const answer = await this.#search(this.#searchedTo, isBehind ? 1 : numbersAtOnce);
    const isStuck = !answer.reached_end && answer.searched_to_line <= this.#searchedTo;
    if (isStuck) throw new Error('The search of the log does not get on.');
    this.#searchedTo = Math.max(this.#searchedTo, answer.searched_to_line);
    this.#set({
      numbers: isBehind ? numbers : [...numbers, ...answer.line_numbers],
      total: total + answer.match_count,
      isWhole: answer.reached_end,
    });
  }

  /** The numbers after the last known one; what they count was counted before. */
  async #fetchNumbers(): Promise<void> {
    this.#wantsMore = false;
    const { numbers, total } = this.#state;
    const last = numbers.at(-1) ?? -1;
    const { line_numbers: next } = await this.#search(last, numbersAtOnce);
    const known = [...numbers, ...next.slice(0, total - numbers.length)];
    // A log of which retention removed a part has fewer than were counted.
    this.#set(next.length === 0 ? { total: numbers.length } : { numbers: known });
  }

  #set(change: Partial<MatchState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

/** Where a line stands among sorted numbers: how many are below it. */
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
 * The match to go to from `line`: the next one in the direction, from the other end where there is none.
 * @returns its place among the numbers; -1 where there are none
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
