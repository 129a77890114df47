import { eventTypes } from '@pumphouse/contract';

/** Whether a pattern covers an event type: the type itself, a prefix followed by `*`, or `*`. */
export function matchesEventType(pattern: string, type: string): boolean {
  return pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type;
}

/** Returns the first pattern that covers no type that subscriptions can receive; undefined if all do. */
export function findUselessPattern(patterns: readonly string[]): string | undefined {
  return patterns.find((pattern) => !eventTypes.some((type) => matchesEventType(pattern, type)));
}
