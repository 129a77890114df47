import { expect, it } from 'vitest';
import { readPageSteps } from './page-steps.ts';

it('the steps of a page are its marked blocks, in order', () => {
  const page = [
    '<!-- paste: client -->\n\n```sh\ncd shop\n```\n',
    'Not a step:\n\n```sh\nls\n```\n',
    '<!-- file: load.py -->\n\n```python\nprint(1)\n```\n',
    '<!-- before: old.py -->\n\n```python\nprint(0)\n```\n',
    '<!-- paste: client -->\n\n```sh\npumphouse deploy\n```\n',
    'Open the printed address.\n\n<!-- open: Tickets by state -->\n',
  ].join('\n');
  expect(readPageSteps(page)).toEqual([
    { kind: 'paste', terminal: 'client', code: 'cd shop\n' },
    { kind: 'file', name: 'load.py', content: 'print(1)\n' },
    { kind: 'before', name: 'old.py', content: 'print(0)\n' },
    { kind: 'paste', terminal: 'client', code: 'pumphouse deploy\n' },
    { kind: 'open', text: 'Tickets by state' },
  ]);
});

it('a mark without a block, or of another terminal, is rejected', () => {
  expect(() => readPageSteps('<!-- file: load.py -->\n\ntext\n\n```python\n1\n```\n')).toThrow(
    'has no block',
  );
  expect(() => readPageSteps('<!-- paste: other -->\n\n```sh\nls\n```\n')).toThrow('names no terminal');
});
