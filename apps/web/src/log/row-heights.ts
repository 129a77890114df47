/** Rows per block of summed heights: a change recomputes only one block and the list of blocks. */
const blockRows = 256;

/**
 * Positions of the rows of a long list in pixels. Unmeasured rows have the height `rowHeight`. Only blocks
 * with other heights use memory, so millions of uniform rows cost nothing.
 */
export class RowHeights {
  readonly rowHeight: number;
  #count = 0;
  #blocks = new Map<number, Uint32Array>();
  /** Start of each block, followed by the end of the last one; built on demand. */
  #starts: Float64Array | null = null;

  constructor(rowHeight: number) {
    this.rowHeight = rowHeight;
  }

  get count(): number {
    return this.#count;
  }

  setCount(count: number): void {
    if (count === this.#count) return;
    const isShorter = count < this.#count;
    this.#count = count;
    this.#starts = null;
    if (!isShorter) return;
    for (const block of this.#blocks.keys()) if (block * blockRows >= count) this.#blocks.delete(block);
  }

  /** Records a measured height. @returns whether it changed */
  set(index: number, height: number): boolean {
    const block = Math.floor(index / blockRows);
    let heights = this.#blocks.get(block);
    if ((heights?.[index % blockRows] ?? this.rowHeight) === height) return false;
    if (heights === undefined) {
      heights = new Uint32Array(blockRows).fill(this.rowHeight);
      this.#blocks.set(block, heights);
    }
    heights[index % blockRows] = height;
    this.#starts = null;
    return true;
  }

  /** Discards all measured heights, after a change of width. */
  reset(): void {
    this.#blocks.clear();
    this.#starts = null;
  }

  /** Total height of all rows. */
  get total(): number {
    return this.#blocks.size === 0 ? this.#count * this.rowHeight : (this.#buildStarts().at(-1) ?? 0);
  }

  heightOf(index: number): number {
    return this.#blocks.get(Math.floor(index / blockRows))?.[index % blockRows] ?? this.rowHeight;
  }

  /** Top of a row. The index after the last row returns the end. */
  topOf(index: number): number {
    if (this.#blocks.size === 0) return index * this.rowHeight;
    const block = Math.floor(index / blockRows);
    let top = this.#buildStarts()[block] ?? 0;
    const heights = this.#blocks.get(block);
    if (!heights) return top + (index % blockRows) * this.rowHeight;
    for (let row = 0; row < index % blockRows; row++) top += heights[row] ?? 0;
    return top;
  }

  /** The row at a position, clamped to the first and last row; -1 in an empty list. */
  indexAt(top: number): number {
    if (this.#count === 0) return -1;
    if (top <= 0) return 0;
    if (this.#blocks.size === 0) return Math.min(this.#count - 1, Math.floor(top / this.rowHeight));
    const starts = this.#buildStarts();
    const block = findBlock(starts, top);
    const heights = this.#blocks.get(block);
    let left = top - (starts[block] ?? 0);
    if (!heights) return this.#bound(block * blockRows + Math.floor(left / this.rowHeight));
    let row = 0;
    while (row < blockRows - 1 && left >= (heights[row] ?? 0)) left -= heights[row++] ?? 0;
    return this.#bound(block * blockRows + row);
  }

  #bound(index: number): number {
    return Math.min(this.#count - 1, index);
  }

  #buildStarts(): Float64Array {
    if (this.#starts) return this.#starts;
    const blockCount = Math.ceil(this.#count / blockRows);
    const starts = new Float64Array(blockCount + 1);
    for (let block = 0; block < blockCount; block++) {
      starts[block + 1] = (starts[block] ?? 0) + this.#heightOfBlock(block);
    }
    this.#starts = starts;
    return starts;
  }

  #heightOfBlock(block: number): number {
    const rows = Math.min(blockRows, this.#count - block * blockRows);
    const heights = this.#blocks.get(block);
    return heights ? heights.subarray(0, rows).reduce((sum, each) => sum + each, 0) : rows * this.rowHeight;
  }
}

/** The last block that starts at or before the position. */
function findBlock(starts: Float64Array, top: number): number {
  let low = 0;
  let high = starts.length - 2;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= top) low = middle;
    else high = middle - 1;
  }
  return low;
}
