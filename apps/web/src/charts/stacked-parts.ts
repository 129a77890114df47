/** A part of a stacked bar. */
export interface StackedPart<State extends string> {
  state: State;
  count: number;
  /** Offset from the bottom, in the unit of the drawing. */
  y: number;
  height: number;
}

const smallest = 3;

/**
 * Stacks the parts of each bar in the order of `states`, from the bottom. The largest bar reaches `height`, and
 * every part has a visible minimum height.
 */
export function stackParts<State extends string>(
  bars: readonly Readonly<Record<State, number>>[],
  states: readonly State[],
  height: number,
): StackedPart<State>[][] {
  const largest = Math.max(1, ...bars.map((bar) => sumOfStates(bar, states)));
  return bars.map((bar) => {
    const present = states.filter((state) => bar[state] > 0);
    const heights = present.map((state) => Math.max(smallest, (bar[state] / largest) * height));
    const total = heights.reduce((sum, each) => sum + each, 0);
    const scale = total > height ? height / total : 1;
    let ground = 0;
    return present.map((state, index) => {
      const part = { state, count: bar[state], y: ground, height: (heights[index] ?? 0) * scale };
      ground += part.height;
      return part;
    });
  });
}

export function sumOfStates<State extends string>(
  counts: Readonly<Record<State, number>>,
  states: readonly State[],
): number {
  return states.reduce((sum, state) => sum + counts[state], 0);
}
