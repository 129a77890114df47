import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryFolder } from '../fixtures/server.ts';

/** Words that hide who or what a sentence is about, with what to write instead. Old names of concepts are here too. */
const discouragedWords: Record<string, string> = {
  'somebody(?!@|-else@)': 'user, member, owner, caller or operator',
  'everybody|anybody': 'everyone, any user, or the group that is meant',
  whoever: 'the person or program that is meant',
  'beside it': 'next to the thing, by its name',
  '(?:goes|gone|go) round': 'iteration of a loop',
  'such that': 'so that, or a sentence of its own',
  'comes of|came of it': 'result, outcome, created from',
  'full house': 'at capacity',
  janitor: 'reaper',
};

const checkedFiles = /\.(?:ts|tsx|mjs|py|md|css|html)$/u;
/** Generated or captured texts, released migrations, and this list. */
const uncheckedFiles =
  /^(?:testing\/fixtures\/captured\/|packages\/contract\/reference\/|testing\/house\/language\.test\.ts$)/u;

function listFiles(): string[] {
  const output = execFileSync('git', ['ls-files'], { cwd: repositoryFolder, encoding: 'utf8' });
  return output.split('\n').filter((file) => checkedFiles.test(file) && !uncheckedFiles.test(file));
}

/** @returns `file:line: text` of each line with the pattern */
function findLines(pattern: RegExp): string[] {
  return listFiles().flatMap((file) =>
    readFileSync(join(repositoryFolder, file), 'utf8')
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
  );
}

describe('the texts of the project', () => {
  it.each(Object.entries(discouragedWords))('do not contain %s, but %s', (word) => {
    expect(findLines(new RegExp(`\\b(?:${word})\\b`, 'iu'))).toEqual([]);
  });
});
