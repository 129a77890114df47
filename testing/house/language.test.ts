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

/** Identifiers with old names of concepts, with what to write instead. */
const discouragedIdentifiers: Record<string, string> = {
  '[A-Z]\\w*Place|create\\w*Place': 'fixture or context in tests; scope, location or position elsewhere',
  '\\w*Belongings?|belongings': 'resource',
  '\\w*Leftovers?|\\w*leftover[A-Z]\\w*': 'orphan',
  'judge(?:[A-Z]\\w*)?|verdicts?|\\w*Verdict|\\w*Standing': 'derive, decision, status',
  '[pP]romised[A-Z]\\w*|\\w+Promised': 'deferred',
  '\\w*[mM]ailbox[A-Z]\\w*|createMailbox|Mailbox|createBell|Bell': 'coalescing queue, wake-up signal',
  'letIn|goRound|createTurns|takesTurns': 'admit, iteration, lock',
  '\\w*RunLife\\w*|runLife': 'timeline',
  '\\w*Facts': 'input, details or context',
  '\\w+Words': 'text, message or labels',
  '\\w+Wire': 'serializers, responses',
  'tellWaits|createTellWaits|isTold|takeUntold': 'report',
  '\\w*(?:make|Make)Room|OrganizationRoom|hasRoom': 'capacity, free slots',
  'cameOf|cameWithKey|onAccessTaken|giveBack': 'created from, revoked, released',
  'const (?:longest|shortest|most|least)[A-Z]\\w* = [\\d(]': 'max, min',
};

/** The same in Python, which has other conventions for names. Quoted names are those of files and fields. */
const discouragedPythonNames: Record<string, string> = {
  'door|\\w+_door|_?Door\\w*': 'ingress',
  'words|\\w+_words': 'message, text or parts',
  'facts|\\w+_facts': 'info or details',
  '_?life|\\w+_life|_life_\\w+': 'lifeline',
  'said|told|\\w+_told': 'what the value is: signed, reported, received',
  '_?(?:LONGEST|SHORTEST|MOST|LEAST|LARGEST|DEEPEST)_\\w+': 'MAX, MIN',
  '_?(?:known|seen)_\\w+': 'existing, observed',
  'judge\\w*|verdict|leftovers?|janitor|belongings?|mailbox|turns': 'the term of docs and of the server',
};

/** Files with old names of concepts. */
const discouragedFiles =
  /-(?:laws\.test|wire|words|place|facts)\.tsx?$|\/(?:look|wire)\/|\/(?:belongings?|leftovers?|mailbox|promised-starts)\b.*\.tsx?$|\/(?:test_)?(?:door|strangers|disk_room)\b/u;
/** The operation `get_job_run_life` and its response keep their published names. */
const publishedNames = /JobRunLifeResponse'/u;

const checkedFiles = /\.(?:ts|tsx|mjs|py|md|css|html)$/u;
/** Generated or captured texts, released migrations, and this list. */
const uncheckedFiles =
  /^(?:testing\/fixtures\/captured\/|packages\/contract\/reference\/|testing\/house\/language\.test\.ts$)/u;

function listFiles(): string[] {
  const output = execFileSync('git', ['ls-files'], { cwd: repositoryFolder, encoding: 'utf8' });
  return output.split('\n').filter((file) => checkedFiles.test(file) && !uncheckedFiles.test(file));
}

/** @returns `file:line: text` of each line with the pattern */
function findLines(pattern: RegExp, files = listFiles()): string[] {
  return files.flatMap((file) =>
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

describe('the identifiers of the project', () => {
  const code = listFiles().filter(
    (file) => /\.tsx?$/.test(file) && !file.startsWith('apps/server/src/store/migrations/'),
  );

  it.each(Object.entries(discouragedIdentifiers))('are not %s, but %s', (name) => {
    const lines = findLines(new RegExp(`\\b(?:${name})\\b`, 'u'), code);
    expect(lines.filter((line) => !publishedNames.test(line) && !/classes\.\w+/u.test(line))).toEqual([]);
  });

  const python = listFiles().filter((file) => file.endsWith('.py'));

  it.each(Object.entries(discouragedPythonNames))('are not %s in Python, but %s', (name) => {
    expect(findLines(new RegExp(`(?<![\\w"'\`/])(?:${name})(?![\\w"'\`])`, 'u'), python)).toEqual([]);
  });

  it('name no file after an old concept', () => {
    expect(listFiles().filter((file) => discouragedFiles.test(file))).toEqual([]);
  });
});
