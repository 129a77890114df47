/** Lets so many pieces of work go on at once; the others wait in the order in which they came. */
export function createTurns(atOnce: number) {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async function takeTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (running < atOnce) running += 1;
    else await new Promise<void>((resolve) => void waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The turn goes to the next one, or is free again.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
