/**
 * Shares an expensive reading: callers get the running one, or the last one for `keptMs` after its end. A
 * failure is not kept.
 */
export function shareReading<Value>(read: () => Promise<Value>, keptMs: number): () => Promise<Value> {
  let shared: Promise<Value> | null = null;
  /** Null while a reading runs. */
  let endedAtMs: number | null = null;

  async function readAnew(): Promise<Value> {
    try {
      const value = await read();
      endedAtMs = performance.now();
      return value;
    } catch (error) {
      shared = null;
      throw error;
    }
  }

  return () => {
    const isOld = endedAtMs !== null && performance.now() - endedAtMs >= keptMs;
    if (shared !== null && !isOld) return shared;
    endedAtMs = null;
    return (shared = readAnew());
  };
}
