import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { routes } from '@pumphouse/contract';
import { findBrokenLinks, listDocs, readDoc } from './docs-links.ts';
import { examplePages } from '../docs-examples/pages/example-pages.ts';
import { findProblem, listPumphouseCalls, listShellBlocks } from './docs-commands.ts';
import { listUnrunPages } from './docs-unrun.ts';
import { repositoryFolder } from '../fixtures/server.ts';
import { settingNames } from '@pumphouse/server/config/setting-list.ts';

const docs = listDocs();
/** Decisions describe the time at which they were taken. */
const current = docs.filter((path) => !path.startsWith('docs/decisions/'));

/** Paths that are not in the route table. */
const otherPaths = [
  /^\/api\/v1\/(?:lineage|otlp\/)/, // of other products
  /^\/pumphouse\/v1\/(?:attempts|environment-archives|workers\/connection)/, // of bootstraps and workers
  /^\/(?:auth\/v1\/sessions\/|pumphouse\/v1\/workspaces\/\{id\})$/, // prefixes
];

describe('the documentation', () => {
  it('has no broken link', () => {
    expect(docs.length).toBeGreaterThan(180);
    const broken = docs.flatMap((path) => findBrokenLinks(path).map((target) => `${path} -> ${target}`));
    expect(broken).toEqual([]);
  });

  it('calls only commands and options that exist', () => {
    const calls = current.flatMap((path) =>
      listShellBlocks(readDoc(path)).flatMap((code) =>
        listPumphouseCalls(code).map((words) => ({ path, words })),
      ),
    );
    expect(calls.length).toBeGreaterThan(70);
    const problems = calls.flatMap(({ path, words }) => {
      const problem = findProblem(words);
      return problem === null ? [] : [`${path}: pumphouse ${words.join(' ')}: ${problem}`];
    });
    expect(problems).toEqual([]);
  });

  it('names only variables that the code reads', () => {
    const inCode = new Set([
      ...settingNames,
      ...listMatches(['apps', 'packages', 'python', 'scripts', 'testing', 'deploy'], ':!*.md'),
    ]);
    const mentioned = listMatches(['docs', 'README.md', ':!docs/decisions'], '*.md');
    expect(mentioned.length).toBeGreaterThan(80);
    expect(mentioned.filter((name) => !name.endsWith('_') && !inCode.has(name))).toEqual([]);
  });

  it('names only paths of operations that exist', () => {
    const known = new Set<string>(routes.map(({ path }) => withoutParameters(path)));
    const unknown = current.flatMap((page) =>
      [...readDoc(page).matchAll(/(?<![\w/])\/(?:pumphouse|api|auth)\/v1\/[\w{}<>$/.-]*[\w}>/]/g)]
        .map(([path]) => path.replace('$workspace/', 'workspaces/$ID/'))
        .filter(
          (path) => !otherPaths.some((other) => other.test(path)) && !known.has(withoutParameters(path)),
        )
        .map((path) => `${page}: ${path}`),
    );
    expect(unknown).toEqual([]);
  });

  it('has shell commands that a test runs, or the reason why none does', () => {
    const run = new Set(examplePages.map(({ path }) => path));
    const unrun = current.filter(
      (path) => path.startsWith('docs/') && !run.has(path) && hasUnrunBlock(readDoc(path)),
    );
    expect(unrun.toSorted()).toEqual(listUnrunPages().toSorted());
  });
});

describe('the check of commands', () => {
  it.each([
    ['bin/pumphouse admin create-key --email E --nothing', 'no option --nothing'],
    ['bin/pumphouse admin create-keys', 'no command "create-keys"'],
    ['echo 1 | npx --yes pumphouse deploi', 'no command "deploi"'],
    ['PUMPHOUSE_ROLES=api pumphouse server # comment --x', null],
    ['pumphouse schedule', 'an argument is missing'],
    ['pumphouse launch pipeline.py -f', null],
  ])('%s', (code, problem) => {
    expect(listPumphouseCalls(code).map(findProblem)).toEqual([problem]);
  });

  it('leaves names alone', () => {
    expect(listPumphouseCalls('kubectl -n pumphouse get pods')).toEqual([]);
  });
});

/** Distinct names of variables in tracked files. */
function listMatches(paths: readonly string[], pattern: string): string[] {
  const args = [
    'grep',
    '-hoE',
    String.raw`\bPUMPHOUSE_[A-Z0-9_]+`,
    '--',
    ...paths,
    ...(pattern.startsWith(':') ? [pattern] : []),
  ];
  const output = execFileSync('git', args, {
    cwd: repositoryFolder,
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  });
  return [...new Set(output.split('\n').filter(Boolean))];
}

function withoutParameters(path: string): string {
  return path.replaceAll(/\{[^}]*\}|<[^>]*>|\$[A-Za-z_]+/g, '*').replace(/\/$/, '');
}

function hasUnrunBlock(markdown: string): boolean {
  const marked = [...markdown.matchAll(/^<!-- paste: \w+ -->$/gm)].length;
  return listShellBlocks(markdown).length > marked;
}
