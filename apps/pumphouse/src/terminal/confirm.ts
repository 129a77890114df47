import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { toOneLine } from './plain-text.ts';
import type { Terminal } from './terminal.ts';

/**
 * Asks the user before something that cannot be undone. Without a terminal there is no answer, so the option
 * `--yes` is required there.
 * @throws CommandError not_confirmed
 */
export async function confirm(
  terminal: Terminal,
  question: string,
  { isConfirmed }: { isConfirmed: boolean },
): Promise<void> {
  if (isConfirmed) return;
  if (!terminal.isInteractive) {
    throw new CommandError(`${question} This needs your confirmation.`, {
      code: 'not_confirmed',
      exitCode: exitCodes.usage,
      nextStep: 'Add --yes to confirm.',
    });
  }
  const prompts = await import('@clack/prompts');
  const answer = await prompts.confirm({
    message: toOneLine(question),
    initialValue: false,
    output: process.stderr,
  });
  if (answer === true) return;
  throw new CommandError('Nothing was changed.', { code: 'not_confirmed', exitCode: exitCodes.interrupted });
}
