import { expect, it } from 'vitest';
import { formatLine } from './format-line.ts';
import { createLineFilter } from './line-filter.ts';

const plain = { env: {}, tone: (_: string, text: string) => text };
const coloured = { env: {}, tone: (tone: string, text: string) => `<${tone}>${text}` };
const line = {
  line_num: 0,
  content: 'loading',
  source: 'user' as const,
  stage: 'run' as const,
  io_stream: 'stdout' as const,
  reported_at: '2026-11-29T09:00:00Z',
};

it('shows the text, and the time on demand', () => {
  expect(formatLine(plain, line)).toBe('loading');
  expect(formatLine(plain, line, { timestamps: true })).toBe('2026-11-29T09:00:00Z loading');
  expect(formatLine(plain, { ...line, truncated: true })).toBe('loading…');
});

it('colours errors, and marks messages from Pumphouse', () => {
  expect(formatLine(coloured, { ...line, io_stream: 'stderr' })).toBe('<warning>loading');
  expect(formatLine(coloured, { ...line, source: 'runner' })).toBe('<quiet>Pumphouse: loading');
  expect(formatLine(coloured, { ...line, source: 'setup' })).toBe('<quiet>loading');
});

it('keeps colours of the run on a terminal with colours, and nothing else', () => {
  const content = '\u001b[32mok\u001b[0m\u001b[2J';
  expect(formatLine(coloured, { ...line, content })).toBe('\u001b[32mok\u001b[0m\u001b[0m');
  expect(formatLine(plain, { ...line, content })).toBe('ok');
});

it('filters by text, which colours do not hide, and by time', () => {
  const isShown = createLineFilter({ grep: 'OK!', sinceMs: Date.parse('2026-11-29T08:59:00Z') });
  expect(isShown({ ...line, content: 'it is \u001b[1mok\u001b[0m!' })).toBe(true);
  expect(isShown(line)).toBe(false);
  expect(isShown({ ...line, content: 'ok!', reported_at: '2026-11-29T08:58:59Z' })).toBe(false);
});
