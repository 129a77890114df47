import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryFolder } from '../fixtures/server.ts';

it('every property test draws from the fixed seed', () => {
  const files = globSync('{apps,packages,testing}/**/*.test.ts', {
    cwd: repositoryFolder,
    exclude: ['**/node_modules/**'],
  });
  const properties = files.flatMap((file) => {
    const source = readFileSync(join(repositoryFolder, file), 'utf8');
    return /from 'fast-check'/.test(source) ? [{ file, source }] : [];
  });
  expect(properties.length).toBeGreaterThan(0);
  const seedless = properties.filter(({ source }) => !source.includes('seed: propertySeed'));
  expect(seedless.map(({ file }) => file)).toEqual([]);
});
