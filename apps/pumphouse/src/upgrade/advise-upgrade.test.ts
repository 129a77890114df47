import { expect, it } from 'vitest';
import { adviseUpgrade, compareVersions } from './advise-upgrade.ts';

it.each([
  ['1.2.3', '1.2.3', 0],
  ['1.2.3', '1.10.0', -1],
  ['2.0.0', '1.9.9', 1],
  ['1.0.0-rc.2', '1.0.0', -1],
  ['1.0.0-rc.10', '1.0.0-rc.9', 1],
  ['v1.0.0+build', '1.0.0', 0],
])('compares %s with %s', (left, right, expected) => {
  expect(Math.sign(compareVersions(left, right))).toBe(expected);
});

it.each([
  ['0.1.0', '0.1.0', '0.1.0', [/^Nothing to do/]],
  ['0.1.0', null, null, [/^Nothing to do/]],
  ['0.1.0', '0.2.0', '0.3.0', [/server is newer.*pumphouse@0\.2\.0/]],
  ['0.1.0', '0.1.0', '0.3.0', [/newer release.*pumphouse@0\.3\.0/]],
  ['0.3.0', '0.1.0', '0.3.0', [/newer than the server/]],
])('advises command %s, server %s, latest %s', (command, server, latest, expected) => {
  const advice = adviseUpgrade({ command, server, latest });
  expect(advice).toHaveLength(expected.length);
  for (const [index, pattern] of expected.entries()) expect(advice[index]).toMatch(pattern);
});
