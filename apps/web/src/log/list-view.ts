import { followScroll, isDrifted, scaledHeight, toScrollTop } from './scroll-scale.ts';
import { RowHeights } from './row-heights.ts';

/** Rows that are drawn beyond both edges of what is in sight. */
const overscanRows = 12;

/** Nearer to the end than this counts as being there. */
const nearEndPx = 4;

/** Rows drawn: `first` up to, not including, `end`. */
export interface RowWindow {
  first: number;
  end: number;
}

/**
 * What is in sight of a long list, apart from how it is drawn: it takes what the scrolling element reports and says which rows to draw
 * where, and where that element has to be moved to. Whatever changes above, the first row in sight stays where it is.
 */
export class ListView {
  readonly #heights: RowHeights;
  readonly #listeners = new Set<() => void>();
  #viewport = 0;
  #listTop = 0;
  #scrollTop = 0;
  #isFollowing: boolean;
  /** The way that the list moved last: where to fetch ahead. */
  #direction: 1 | -1 = 1;
  #pendingScrollTop: number | null = null;
  #layout = 'cut';
  #version = 0;

  constructor(rowHeight: number, isFollowing: boolean) {
    this.#heights = new RowHeights(rowHeight);
    this.#isFollowing = isFollowing;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  get version(): number {
    return this.#version;
  }

  get count(): number {
    return this.#heights.count;
  }

  /** How high what is in sight is. */
  get viewport(): number {
    return this.#viewport;
  }

  /** The height of what the element scrolls over. */
  get scrolledHeight(): number {
    return scaledHeight(this.#heights.total);
  }

  /** Whether the end is kept in sight while the list grows. */
  get isFollowing(): boolean {
    return this.#isFollowing;
  }

  get direction(): 1 | -1 {
    return this.#direction;
  }

  get isAtEnd(): boolean {
    return this.#listTop >= this.#lastTop - nearEndPx;
  }

  /** Rows that can be seen, wholly or in part. */
  get inSight(): RowWindow {
    const first = this.#heights.indexAt(this.#listTop);
    if (first < 0) return { first: 0, end: 0 };
    const last = this.#heights.indexAt(this.#listTop + Math.max(0, this.#viewport - 1));
    return { first, end: last + 1 };
  }

  /** Rows to draw. */
  get drawn(): RowWindow {
    const { first, end } = this.inSight;
    return { first: Math.max(0, first - overscanRows), end: Math.min(this.count, end + overscanRows) };
  }

  /** Where a row lies, from the top of what is in sight. */
  offsetOf(index: number): number {
    return this.#heights.topOf(index) - this.#listTop;
  }

  /** Where a row lies from another one. */
  distance(from: number, to: number): number {
    return this.#heights.topOf(to) - this.#heights.topOf(from);
  }

  /** Where the scrolling element has to be moved to, once; null where it stands right. */
  takeScrollTop(): number | null {
    const pending = this.#pendingScrollTop;
    this.#pendingScrollTop = null;
    return pending;
  }

  /** The element scrolled, by whomever. The echo of a movement that was asked for changes nothing. */
  scrolled(scrollTop: number): void {
    if (Math.abs(scrollTop - this.#scrollTop) <= 1) return;
    const before = { scrollTop: this.#scrollTop, listTop: this.#listTop };
    const view = { total: this.#heights.total, viewport: this.#viewport };
    this.#listTop = followScroll(before, scrollTop, view);
    this.#scrollTop = scrollTop;
    this.#direction = this.#listTop < before.listTop ? -1 : 1;
    this.#isFollowing = this.isAtEnd;
    if (isDrifted({ scrollTop, listTop: this.#listTop }, view.total)) this.#moveTo(this.#listTop);
    this.#change();
  }

  resize(viewport: number): void {
    if (viewport === this.#viewport) return;
    this.#viewport = viewport;
    this.#settle();
  }

  setCount(count: number): void {
    if (count === this.#heights.count) return;
    this.#heights.setCount(count);
    this.#settle();
  }

  /** Notes heights that rows have where they are drawn. */
  measure(rows: Iterable<readonly [index: number, height: number]>): void {
    const anchor = this.#findAnchor();
    let isChanged = false;
    for (const [index, height] of rows) isChanged = this.#heights.set(index, height) || isChanged;
    if (isChanged) this.#keep(anchor);
  }

  /** Rows are drawn in this way from now on: what was measured of another one holds no longer. */
  layOut(layout: string): void {
    if (layout === this.#layout) return;
    this.#layout = layout;
    this.forgetHeights();
  }

  /** Forgets the heights of rows, since they are wider or narrower now. */
  forgetHeights(): void {
    const anchor = this.#findAnchor();
    this.#heights.reset();
    this.#keep(anchor);
  }

  /** Brings a row into the middle, or moves nothing where it is well in sight already. */
  reveal(index: number): void {
    this.#isFollowing = false;
    const { first, end } = this.inSight;
    if (index > first && index < end - 2) return this.#change();
    const middle = (this.#viewport - this.#heights.heightOf(index)) / 2;
    this.#moveTo(this.#heights.topOf(index) - Math.max(0, middle));
    this.#change();
  }

  toStart(): void {
    this.#isFollowing = false;
    this.#moveTo(0);
    this.#change();
  }

  /** @param isFollowing whether to stay there while the list grows */
  toEnd(isFollowing: boolean): void {
    this.#isFollowing = isFollowing;
    this.#moveTo(this.#lastTop);
    this.#change();
  }

  stopFollowing(): void {
    this.#isFollowing = false;
    this.#change();
  }

  get #lastTop(): number {
    return Math.max(0, this.#heights.total - this.#viewport);
  }

  #findAnchor(): { index: number; within: number } {
    const index = Math.max(0, this.#heights.indexAt(this.#listTop));
    return { index, within: this.#listTop - this.#heights.topOf(index) };
  }

  #keep({ index, within }: { index: number; within: number }): void {
    this.#moveTo(this.#isFollowing ? this.#lastTop : this.#heights.topOf(index) + within);
    this.#change();
  }

  /** After a change of what there is or how much of it is in sight. */
  #settle(): void {
    if (this.#isFollowing) this.#moveTo(this.#lastTop);
    else if (this.#listTop > this.#lastTop) this.#moveTo(this.#lastTop);
    else this.#keepScale();
    this.#change();
  }

  /** A list that became longer than its element can be has another scale. */
  #keepScale(): void {
    if (this.#scrollTop !== toScrollTop(this.#listTop, this.#heights.total)) this.#moveTo(this.#listTop);
  }

  #moveTo(listTop: number): void {
    const bounded = Math.max(0, Math.min(this.#lastTop, listTop));
    this.#direction = bounded < this.#listTop ? -1 : 1;
    this.#listTop = bounded;
    const scrollTop = toScrollTop(bounded, this.#heights.total);
    if (scrollTop === this.#scrollTop) return;
    this.#scrollTop = scrollTop;
    this.#pendingScrollTop = scrollTop;
  }

  #change(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}
