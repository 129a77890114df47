import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { repositoryFolder } from '../fixtures/server.ts';

/** Also as a formatter of Markdown rewrites them: `\=======` and seven nested quotes. */
const marker = String.raw`^ *(<{7} |>{7} |(> ){7}|\\?={7}$)`;

it('no file has a conflict of a merge', () => {
  const git = ['grep', '--extended-regexp', '--line-number', '-I', '-e', marker, '--', ':!*.snap'];
  let found = '';
  try {
    found = execFileSync('git', git, { cwd: repositoryFolder, encoding: 'utf8' });
  } catch (error) {
    // 1: nothing was found.
    if (!(error instanceof Error && 'status' in error && error.status === 1)) throw error;
  }
  expect(found).toBe('');
});
