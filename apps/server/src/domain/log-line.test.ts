import { expect, it } from 'vitest';
import { formatLogLine } from './log-line.ts';

it('takes no more bytes than the bootstrap counts for a line, beside its text as JSON', () => {
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
