import { expect, it } from 'vitest';
import { Cron } from 'croner';
import { iterateWallTicks } from './wall-ticks.ts';
import { toCronerPattern } from './cron-expression.ts';

it.each([
  '0 * * * *',
  '*/7 3-5,22 * * *',
  '30 2 1,15 * 1',
  '0 0 l 2 *',
  '15 6 * jan-mar mon-fri',
  '0 0 29 2 *',
  '1 2 3 4 * 5,35',
  '0 12 * * 5#2',
  '@weekly',
  '0 0 1 1 * 0 2024-2026',
])('%s has the ticks of croner', (expression) => {
  const cron = new Cron(toCronerPattern(expression), { timezone: 'UTC', mode: '7-part' });
  let expected: Date | null = new Date('2023-12-31T23:12:45Z');
  const ticks = iterateWallTicks(expression, expected.getTime());
  for (let count = 0; count < 300; count += 1) {
    expected = cron.nextRun(expected);
    expect(ticks.next().value).toBe(expected?.getTime());
    if (expected === null) break;
  }
});
