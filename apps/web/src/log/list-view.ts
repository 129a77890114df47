import { followScroll, isDrifted, scaledHeight, toScrollTop } from './scroll-scale.ts';
import { RowHeights } from './row-heights.ts';

/** Rows rendered beyond both edges of the viewport. */
const overscanRows = 12;

/** Distance to the end that still counts as the end. */
const nearEndPx = 4;

/** A range of rows from `first` to `end`, exclusive. */
export interface RowWindow {
  first: number;
  end: number;
}

/**
 * Model of a virtualized list, independent of rendering. It receives events of the scrolling element and
 * determines which rows to render where, and the element's scroll position. When rows above change, the first
 * visible row keeps its position.
 */
export class ListView {
  readonly #heights: RowHeights;
  readonly #listeners = new Set<() => void>();
  #viewport = 0;
  #listTop = 0;
  #scrollTop = 0;
  /** The row that was revealed, until the user scrolls. */
  #revealed: number | null = null;
  #isFollowing: boolean;
  /** Direction of the last movement, in which to prefetch. */
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

  /** Height of the viewport. */
  get viewport(): number {
    return this.#viewport;
  }

  /** Height of the scrolled content. */
  get scrolledHeight(): number {
    return scaledHeight(this.#heights.total);
  }

  /** Whether the list stays at the end as it grows. */
  get isFollowing(): boolean {
    return this.#isFollowing;
  }

  get direction(): 1 | -1 {
    return this.#direction;
  }

  get isAtEnd(): boolean {
    return this.#listTop >= this.#lastTop - nearEndPx;
  }

  /** Fully or partly visible rows. */
  get inSight(): RowWindow {
    const first = this.#heights.indexAt(this.#listTop);
    if (first < 0) return { first: 0, end: 0 };
    const last = this.#heights.indexAt(this.#listTop + Math.max(0, this.#viewport - 1));
    return { first, end: last + 1 };
  }

  /** Rows to render. */
  get drawn(): RowWindow {
    const { first, end } = this.inSight;
    return { first: Math.max(0, first - overscanRows), end: Math.min(this.count, end + overscanRows) };
  }

  /** Offset of a row from the top of the viewport. */
  offsetOf(index: number): number {
    return this.#heights.topOf(index) - this.#listTop;
  }

  /** Distance between two rows. */
  distance(from: number, to: number): number {
    return this.#heights.topOf(to) - this.#heights.topOf(from);
  }

  /** Returns the pending scroll position once; null if the element is already there. */
  takeScrollTop(): number | null {
    const pending = this.#pendingScrollTop;
    this.#pendingScrollTop = null;
    return pending;
  }

  /** Handles a scroll event. Events caused by `takeScrollTop` change nothing. */
  scrolled(scrollTop: number): void {
    if (Math.abs(scrollTop - this.#scrollTop) <= 1) return;
    const before = { scrollTop: this.#scrollTop, listTop: this.#listTop };
    const view = { total: this.#heights.total, viewport: this.#viewport };
    this.#revealed = null;
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

  /** Records the heights of rendered rows. */
  measure(rows: Iterable<readonly [index: number, height: number]>): void {
    const anchor = this.#findAnchor();
    let isChanged = false;
    for (const [index, height] of rows) isChanged = this.#heights.set(index, height) || isChanged;
    if (isChanged) this.#keep(anchor);
  }

  /** Switches to another row layout, which discards all measured heights. */
  layOut(layout: string): void {
    if (layout === this.#layout) return;
    this.#layout = layout;
    this.forgetHeights();
  }

  /** Discards the measured heights after a change of width. */
  forgetHeights(): void {
    const anchor = this.#findAnchor();
    this.#heights.reset();
    this.#keep(anchor);
  }

  /** Scrolls a row to the middle, unless it is already clearly visible. It stays there while rows around it are measured. */
  reveal(index: number): void {
    this.#isFollowing = false;
    this.#revealed = index;
    const { first, end } = this.inSight;
    if (index > first && index < end - 2) return this.#change();
    const middle = (this.#viewport - this.#heights.heightOf(index)) / 2;
    this.#moveTo(this.#heights.topOf(index) - Math.max(0, middle));
    this.#change();
  }

  toStart(): void {
    this.#isFollowing = false;
    this.#revealed = null;
    this.#moveTo(0);
    this.#change();
  }

  /** @param isFollowing whether to stay at the end as the list grows */
  toEnd(isFollowing: boolean): void {
    this.#isFollowing = isFollowing;
    this.#revealed = null;
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

  /** The row that stays where it is: the one that was revealed last, or the first visible one after the user has scrolled. */
  #findAnchor(): { index: number; within: number } {
    const first = Math.max(0, this.#heights.indexAt(this.#listTop));
    const index = this.#revealed === null ? first : Math.max(0, Math.min(this.#revealed, this.count - 1));
    return { index, within: this.#listTop - this.#heights.topOf(index) };
  }

  #keep({ index, within }: { index: number; within: number }): void {
    this.#moveTo(this.#isFollowing ? this.#lastTop : this.#heights.topOf(index) + within);
    this.#change();
  }

  /** Adjusts the position after a change of the row count or the viewport. */
  #settle(): void {
    if (this.#isFollowing) this.#moveTo(this.#lastTop);
    else if (this.#listTop > this.#lastTop) this.#moveTo(this.#lastTop);
    else this.#keepScale();
    this.#change();
  }

  /** Adjusts the scroll position if the list outgrew the maximum element height and its scale changed. */
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
