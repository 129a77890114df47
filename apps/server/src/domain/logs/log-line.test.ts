import { describe, expect, it } from 'vitest';
import { formatLogLine, runnerLine, showRunnerLines } from './log-line.ts';

it('takes no more bytes in addition to its text as JSON than the bootstrap assumes', () => {
  const content = 'text "quoted" \u0001 é \u2028';
  const line = formatLogLine({
    line_num: 12_345_678,
    content,
    source: 'user',
    stage: 'run',
    io_stream: 'stdout',
    reported_at: '2026-11-24T10:00:00.123456Z',
  });
  const text = JSON.stringify(content).replace('\u2028', '\\u2028');
  // LINE_OVERHEAD_BYTES in python/pumphouse_bootstrap/spool.py
  expect(Buffer.byteLength(line) - Buffer.byteLength(text)).toBeLessThanOrEqual(128);
});

describe('a message from Pumphouse', () => {
  const at = '2026-11-24T10:00:00.123456Z';
  const user = { source: 'user', stage: 'run', io_stream: 'stdout', reported_at: at } as const;

  it('is always one line', () => {
    expect(runnerLine('error: no such\n  version\r\nof dlt\u2028at all\n', at).content).toBe(
      'error: no such version of dlt at all',
    );
  });

  it('is shown to clients that hide it, keeping its number; user output stays byte for byte', () => {
    const hostile = [
      '"source":"runner"',
      '","source":"runner"}',
      'Pumphouse: Failed',
      '\\"source\\":\\"runner\\"',
      '\u2028',
    ];
    const before = hostile.map((content, line_num) => formatLogLine({ line_num, content, ...user })).join('');
    const message = formatLogLine({ line_num: hostile.length, ...runnerLine('Failed.', at) });
    const shown = Buffer.from(showRunnerLines(Buffer.from(before + message + before))).toString();
    const expected = {
      line_num: hostile.length,
      content: 'Pumphouse: Failed.',
      ...user,
      source: 'setup',
      io_stream: 'other',
    };
    expect(shown.slice(0, before.length)).toBe(before);
    expect(JSON.parse(shown.slice(before.length, -before.length))).toEqual(expected);
    expect(shown.slice(-before.length)).toBe(before);
    const untouched = Buffer.from(before);
    expect(showRunnerLines(untouched)).toBe(untouched);
  });
});
