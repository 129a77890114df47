import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { knownBadCombinations } from '@pumphouse/contract';
import { repositoryFolder } from '../fixtures/server.ts';

/** Packages that an extra of dlt installs, as far as the list of combinations names them. */
const packagesOfExtra: Record<string, readonly string[]> = {
  duckdb: ['duckdb'],
  sql_database: ['sqlalchemy'],
  postgres: ['psycopg2-binary'],
};

/** Commands and files that users copy for their first workspace: `place: requirements`. */
const lists = [
  ...['README.md', 'examples/README.md', 'docs/operate/clients.md'].flatMap((path) =>
    read(path)
      .split('\n')
      .filter((line) => line.startsWith('pip install') && line.includes('dlthub-client=='))
      .map((line) => [path, line.match(/(?<=')[^' ]+(?=')/g) ?? []] as const),
  ),
  ...markdownOf('docs/start', 'docs/tutorials', 'docs/move').flatMap((path) =>
    [...read(path).matchAll(/<!-- file: requirements\.txt -->\s+```text\n([^`]+)```/g)].map(
      ([, text = '']) => [path, text.trim().split('\n')] as const,
    ),
  ),
  ...readdirSync(join(repositoryFolder, 'examples'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) =>
      readdirSync(join(repositoryFolder, 'examples', name))
        .filter((file) => file === 'requirements.txt' || file === 'pyproject.toml')
        .map((file) => join('examples', name, file)),
    )
    .map((path) => [path, readRequirements(path)] as const),
];

it('finds the lists of requirements', () => {
  const places = lists.map(([path]) => path);
  expect(places).toContain('README.md');
  expect(places).toContain('docs/tutorials/rest-api-to-notebook.md');
  expect(places).toContain('examples/nightly-shop/pyproject.toml');
  expect(places.length).toBeGreaterThan(12);
});

it.each(lists.filter(([, requirements]) => requirements.some((line) => line.startsWith('dlt['))))(
  'pins versions that work together: %s',
  (_, requirements) => {
    const dlt = requirements.find((line) => line.startsWith('dlt[')) ?? '';
    expect(dlt).toMatch(/==\d/);
    const extras = /\[(.+)\]/.exec(dlt)?.[1]?.split(',') ?? [];
    const names = requirements.map((line) => line.replace(/[^a-z0-9-].*/, ''));
    const installed = new Set([
      ...names,
      'sqlglot',
      ...extras.flatMap((extra) => packagesOfExtra[extra] ?? []),
    ]);
    for (const { packages, pin } of knownBadCombinations)
      if (Object.keys(packages).every((name) => installed.has(name))) expect(requirements).toContain(pin);
  },
);

function read(path: string): string {
  return readFileSync(join(repositoryFolder, path), 'utf8');
}

function readRequirements(path: string): string[] {
  const text = read(path);
  if (path.endsWith('.txt')) return text.trim().split('\n');
  return /^dependencies = \[(.+)\]$/m.exec(text)?.[1]?.match(/(?<=")[^", ]+(?=")/g) ?? [];
}

function markdownOf(...folders: string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(repositoryFolder, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  );
}
