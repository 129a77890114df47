import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';

const unitMs: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/**
 * Parses an age such as `10m`, `2h`, `1h30m` or `7d`.
 * @returns milliseconds
 * @throws CommandError invalid_age
 */
export function parseAge(text: string): number {
  const parts = [...text.matchAll(/(\d{1,9})([smhdw])/gy)];
  const isWhole = parts.length > 0 && parts.map(([part]) => part).join('') === text;
  if (isWhole)
    return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (unitMs[unit ?? ''] ?? 0), 0);
  throw new CommandError(`${text} is not an age.`, {
    code: 'invalid_age',
    exitCode: exitCodes.usage,
    nextStep: 'Give a number with a unit, such as 30s, 10m, 2h or 7d.',
  });
}

/**
 * Parses a number of lines or rows.
 * @throws CommandError invalid_count
 */
export function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new CommandError(`${text} is not a number of 1 or more.`, {
    code: 'invalid_count',
    exitCode: exitCodes.usage,
    nextStep: 'Give a number such as 100.',
  });
}
