import { expect, it } from 'vitest';
import { readInputRange, startOfRange, toRangeSearch } from './run-range.ts';
import { toTimeInput } from '../../ui/wall-time.ts';

it('the start of a range is the same for 15 minutes', () => {
  const starts = ['2026-11-30T10:15:00Z', '2026-11-30T10:29:59Z'].map((now) =>
    startOfRange('24h', Date.parse(now)),
  );
  expect(starts).toEqual(['2026-11-29T10:15:00.000Z', '2026-11-29T10:15:00.000Z']);
});

it('the parameters of a range contain it', () => {
  expect(
    toRangeSearch(Date.parse('2026-11-30T10:15:00.900Z'), Date.parse('2026-11-30T10:16:00.100Z')),
  ).toEqual({
    range: undefined,
    from: '2026-11-30T10:15:00Z',
    to: '2026-11-30T10:16:01Z',
  });
});

it('times of inputs are read as they are written', () => {
  const [from, to] = [Date.parse('2026-11-30T10:15:00Z'), Date.parse('2026-11-30T12:00:00Z')];
  expect(readInputRange(toTimeInput(from), toTimeInput(to))).toEqual({
    startMs: from,
    endMs: to,
  });
  expect(readInputRange(toTimeInput(to), toTimeInput(from))).toBeNull();
  expect(readInputRange('', toTimeInput(from))).toBeNull();
});
