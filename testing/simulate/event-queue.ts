/** Events ordered by time, then by name, so that the order does not depend on timing. */
export interface EventQueue<T extends { at: number; name: string }> {
  add(event: T): void;
  peek(): T | undefined;
  take(): T | undefined;
}

export function createEventQueue<T extends { at: number; name: string }>(): EventQueue<T> {
  const heap: T[] = [];
  const isBefore = (a: T, b: T) => a.at < b.at || (a.at === b.at && a.name < b.name);
  const swap = (i: number, j: number): void => {
    [heap[i], heap[j]] = [heap[j] as T, heap[i] as T];
  };

  function sink(from: number): void {
    for (let index = from; ;) {
      const children = [2 * index + 1, 2 * index + 2].filter((child) => child < heap.length);
      const [first, second] = children;
      if (first === undefined) return;
      const least = second !== undefined && isBefore(heap[second] as T, heap[first] as T) ? second : first;
      if (!isBefore(heap[least] as T, heap[index] as T)) return;
      swap(index, least);
      index = least;
    }
  }

  return {
    add(event) {
      heap.push(event);
      for (let index = heap.length - 1; index > 0;) {
        const parent = (index - 1) >> 1;
        if (!isBefore(heap[index] as T, heap[parent] as T)) return;
        swap(index, parent);
        index = parent;
      }
    },
    peek: () => heap[0],
    take() {
      const first = heap[0];
      const last = heap.pop();
      if (heap.length > 0 && last) {
        heap[0] = last;
        sink(0);
      }
      return first;
    },
  };
}
