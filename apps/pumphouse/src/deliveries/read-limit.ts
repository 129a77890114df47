import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';

/** Reads `--limit` of a list of deliveries. @throws CommandError */
export function readLimit(text: string): number {
  if (/^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= 1000) return Number(text);
  throw new CommandError('--limit is a number from 1 to 1000.', {
    code: 'invalid_option',
    exitCode: exitCodes.usage,
    nextStep: 'Leave it out for 20.',
  });
}
