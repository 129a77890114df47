import { knownBadCombinations } from './known-bad-combinations.ts';

/** The release of dlt that new workspaces begin with. */
const starterDlt = '1.31.0';

/**
 * Lists requirements for a new workspace whose versions work together, so that its first run has no warning.
 * @param destination a destination of dlt that is also the name of its extra
 */
export function listStarterRequirements(destination: string): string[] {
  const installed = new Set(['dlt', 'sqlglot', destination]);
  const pins = knownBadCombinations
    .filter(({ packages }) => Object.keys(packages).every((name) => installed.has(name)))
    .map(({ pin }) => pin);
  return [`dlt[${destination}]==${starterDlt}`, ...new Set(pins)];
}
