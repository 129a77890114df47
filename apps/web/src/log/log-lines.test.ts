import type { LogLineExcerpt, LogLinesResponse } from '@pumphouse/contract';
import { expect, test } from 'vitest';
import { LogLines } from './log-lines.ts';

const toLine = (line_num: number): LogLineExcerpt => ({
  line_num,
  content: `line ${line_num}`,
  io_stream: 'stdout',
  source: 'user',
  stage: 'run',
  reported_at: '2026-11-25T00:00:00.000Z',
});

/** Simulates the API: at most 1000 lines per response. */
function createLog(lineCount: number) {
  const log = { lineCount, isComplete: true, asked: [] as [number, number][], failure: null as Error | null };
  async function fetch(fromLine: number, limit: number): Promise<LogLinesResponse> {
    log.asked.push([fromLine, limit]);
    if (log.failure) throw log.failure;
    const from = fromLine < 0 ? Math.max(0, log.lineCount + fromLine) : fromLine;
    const count = Math.max(0, Math.min(limit, 1000, log.lineCount - from));
    return Promise.resolve({
      lines: Array.from({ length: count }, (_, index) => toLine(from + index)),
      line_count: log.lineCount,
      is_complete: log.isComplete,
      attempts: [{ number: 1, first_line: 0, line_count: log.lineCount }],
    });
  }
  return { log, lines: new LogLines(fetch) };
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

/** Waits until all requests are done: each takes a few turns of the microtask queue. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await Promise.resolve();
}

test('a log can be opened at its end', async () => {
  const { lines } = createLog(12_000);
  await lines.open(-500);
  expect(lines.extent).toEqual({ lineCount: 12_000, isComplete: true });
  expect([lines.get(11_499), lines.get(11_500)?.content, lines.get(11_999)?.content]).toEqual([
    undefined,
    'line 11500',
    'line 11999',
  ]);
});

test('wanted lines are fetched once', async () => {
  const { log, lines } = createLog(12_000);
  await lines.open(0);
  lines.want(range(450, 600));
  await settle();
  expect(lines.get(599)?.content).toBe('line 599');
  lines.want(range(400, 600));
  await settle();
  expect(log.asked).toEqual([
    [0, 500],
    [500, 100],
  ]);
});

test('a response shorter than requested is followed by another request', async () => {
  const { log, lines } = createLog(5000);
  await lines.open(0);
  lines.want(range(500, 2400));
  await settle();
  expect(lines.get(2399)?.content).toBe('line 2399');
  expect(log.asked.slice(1)).toEqual([
    [500, 1900],
    [1500, 900],
  ]);
});

test('lines that the server sends are not fetched', async () => {
  const { log, lines } = createLog(1000);
  log.isComplete = false;
  await lines.open(-500);
  for (let count = 1001; count <= 1100; count += 1) {
    lines.add({ lines: [toLine(count - 1)], line_count: count, is_complete: false, attempts: [] });
    lines.grow({ lineCount: count, isComplete: false });
    lines.want(range(count - 60, count));
  }
  await settle();
  expect(lines.get(1099)?.content).toBe('line 1099');
  expect(log.asked).toEqual([[-500, 500]]);
});

test('lines that the server sends do not replace the first response', () => {
  const { lines } = createLog(1000);
  lines.add({ lines: [toLine(999)], line_count: 1000, is_complete: false, attempts: [] });
  expect(lines.extent).toBeNull();
});

test('positions that were scrolled past are not fetched', async () => {
  const { log, lines } = createLog(1_000_000);
  await lines.open(0);
  for (let from = 1000; from < 900_000; from += 10_000) lines.want(range(from, from + 60));
  await settle();
  expect(log.asked.length).toBeLessThan(8);
  expect(lines.get(891_000)?.content).toBe('line 891000');
});

test('the cache is bounded and keeps the wanted lines', async () => {
  const { lines } = createLog(200_000);
  await lines.open(0);
  for (let from = 0; from < 200_000; from += 1000) {
    lines.want([...range(0, 50), ...range(from, from + 1000)]);
    await settle();
  }
  const kept = range(0, 200_000).filter((line) => lines.get(line) !== undefined);
  expect(kept.length).toBeLessThanOrEqual(60_000);
  expect([lines.get(0)?.content, lines.get(199_999)?.content]).toEqual(['line 0', 'line 199999']);
});

test('new lines reported by an event are fetched if they are wanted', async () => {
  const { log, lines } = createLog(10);
  log.isComplete = false;
  await lines.open(0);
  lines.want(range(0, 40));
  await settle();
  expect(log.asked).toHaveLength(1);
  log.lineCount = 13;
  lines.grow({ lineCount: 13, isComplete: false });
  await settle();
  expect([lines.get(12)?.content, lines.extent]).toEqual(['line 12', { lineCount: 13, isComplete: false }]);
  expect(log.asked.at(-1)).toEqual([10, 3]);
});

test('an event older than the last response changes nothing', async () => {
  const { lines } = createLog(10);
  await lines.open(0);
  lines.grow({ lineCount: 7, isComplete: false });
  expect(lines.extent).toEqual({ lineCount: 10, isComplete: true });
});

test('a failure is reported, not retried automatically, and cleared by a retry', async () => {
  const { log, lines } = createLog(10_000);
  await lines.open(0);
  log.failure = new Error('no connection');
  lines.want(range(2000, 2050));
  await settle();
  lines.want(range(3000, 3050));
  await settle();
  expect([lines.failure, log.asked.length]).toEqual([log.failure, 2]);
  log.failure = null;
  lines.retry();
  await settle();
  expect([lines.failure, lines.get(3049)?.content]).toEqual([null, 'line 3049']);
});

test('a range is read completely, from the cache and from the server', async () => {
  const { lines } = createLog(6000);
  await lines.open(0);
  const read = await lines.read(400, 3500);
  expect(read.map(({ line_num }) => line_num)).toEqual(range(400, 3500));
  expect(await lines.read(5990, 7000)).toHaveLength(10);
});
