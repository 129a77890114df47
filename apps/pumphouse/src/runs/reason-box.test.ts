import { expect, it } from 'vitest';
import { formatReasonBox } from './reason-box.ts';

const plain = { tone: (_: string, text: string) => text };

const reason = {
  kind: 'exception' as const,
  title: 'KeyError',
  summary: "KeyError: 'b'",
  code: 'exit_code',
  exception_type: 'KeyError',
  message: "'b'",
  step: null,
  pipeline_name: null,
  table: null,
  location: { file: 'shop.py', line: 24, function: 'broken' },
};
const failure = { code: 'exit_code', detail: 'It ended.', next_step: 'Read the traceback.' };
const traceback = `Traceback (most recent call last):
  File "/data/venv/site-packages/dlt/job.py", line 331, in <module>
    run()
  File "/data/venv/site-packages/dlt/job.py", line 3, in run
    call()
  File "/work/shop/shop.py", line 24, in broken
    return values["b"]
           ~~~~~~^^^^^
KeyError: 'b'`;

it('shows the exception, own frames, and the next step of the server', () => {
  expect(formatReasonBox({ reason, failure, traceback }, plain).split('\n')).toEqual([
    '│ ✕ KeyError (shop.py:24)',
    "│ 'b'",
    '│',
    '│ 2 library frames',
    '│ shop.py:24 in broken',
    '│   return values["b"]',
    '│          ~~~~~~^^^^^',
    '│',
    '│ Next: Read the traceback. [exit_code]',
  ]);
});

it('shows the next step of a failure that no exception explains', () => {
  const runtime = {
    ...reason,
    kind: 'runtime' as const,
    title: 'Out of memory',
    message: '',
    location: null,
  };
  expect(formatReasonBox({ reason: runtime, failure, traceback: null }, plain).split('\n')).toEqual([
    '│ ✕ Out of memory',
    '│',
    '│ Next: Read the traceback. [exit_code]',
  ]);
});

it('names the step, the pipeline and the table', () => {
  const load = { ...reason, step: 'load', pipeline_name: 'shop', table: 'orders', location: null };
  const [head] = formatReasonBox({ reason: load, failure: null, traceback: null }, plain).split('\n');
  expect(head).toBe('│ ✕ KeyError (step load, pipeline shop, table orders)');
});

it('never obeys what a message would do to the terminal', () => {
  const hostile = { ...reason, title: 'E\u001b]0;title\u0007rror', message: 'a\u001b[2Jb\r\nc\u001b[1A' };
  const lines = formatReasonBox({ reason: hostile, failure: null, traceback: null }, plain).split('\n');
  expect(lines.slice(0, 3)).toEqual(['│ ✕ Error (shop.py:24)', '│ ab', '│ c']);
});
