import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryFolder } from '../fixtures/server.ts';
import { readReadmeBlocks } from './readme-blocks.ts';

const readme = await readFile(join(repositoryFolder, 'README.md'), 'utf8');

it('README.md names the server in a file, and never requires proprietary packages', () => {
  const blocks = readReadmeBlocks(readme);
  expect(blocks.map(({ terminal }) => terminal)).toEqual([
    'server',
    'archive',
    'owner',
    'client',
    'client',
    'client',
  ]);
  const code = blocks.map((block) => block.code).join('');
  expect(code).toContain('>> .dlt/config.toml');
  expect(code).not.toContain('RUNTIME__API_BASE_URL');
  expect(code).not.toMatch(/pip install.*(?:\bdlthub\b(?!-client)|dlt\[hub\])/);
  // Without this file the client has no command login.
  expect(code.indexOf('.dlt/.workspace')).toBeLessThan(code.indexOf('dlthub login'));
});

it('a marker without a block is rejected', () => {
  expect(() => readReadmeBlocks('<!-- paste: client -->\n\ntext\n\n```sh\nls\n```\n')).toThrow(
    'no shell block',
  );
  expect(() => readReadmeBlocks('<!-- paste: other -->\n\n```sh\nls\n```\n')).toThrow('no shell block');
});
