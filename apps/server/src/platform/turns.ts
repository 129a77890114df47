/** Limits the number of concurrent pieces of work; the others wait in order of arrival. */
export function createTurns(atOnce: number) {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async function takeTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (running < atOnce) running += 1;
    else await new Promise<void>((resolve) => void waiting.push(resolve));
    try {
      return await work();
    } finally {
      // Pass the slot to the next waiting caller, or release it.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
