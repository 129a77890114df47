import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { toOneLine } from './plain-text.ts';
import type { Terminal } from './terminal.ts';

/** Longer lists are searched by typing. */
const maxPlainChoices = 12;

export interface Choice {
  value: string;
  label: string;
  hint?: string;
}

/** Asks the user to choose. Only for interactive terminals: the caller explains what to give elsewhere. */
export async function askChoice(message: string, choices: readonly Choice[]): Promise<string> {
  const prompts = await import('@clack/prompts');
  const options = choices.map(({ value, label, hint }) => ({
    value,
    label: toOneLine(label),
    ...(hint !== undefined && { hint: toOneLine(hint) }),
  }));
  const ask = choices.length > maxPlainChoices ? prompts.autocomplete : prompts.select;
  const answer = await ask({ message, options, maxItems: maxPlainChoices, output: process.stderr });
  const chosen = choices.find(({ value }) => value === answer);
  if (chosen) return chosen.value;
  throw nothingChanged();
}

/** Asks for a text, without echo if it is a secret. Only for interactive terminals. */
export async function askText(message: string, { isSecret }: { isSecret: boolean }): Promise<string> {
  const prompts = await import('@clack/prompts');
  const ask = isSecret ? prompts.password : prompts.text;
  const answer = await ask({ message, output: process.stderr });
  if (typeof answer === 'string') return answer;
  throw nothingChanged();
}

/**
 * Explains that an argument is missing where no question can be asked.
 * @throws CommandError missing_argument
 */
export function requireInteractive(terminal: Terminal, missing: string, nextStep: string): void {
  if (terminal.isInteractive) return;
  throw new CommandError(`${missing} is missing.`, {
    code: 'missing_argument',
    exitCode: exitCodes.usage,
    nextStep,
  });
}

function nothingChanged(): CommandError {
  return new CommandError('Nothing was changed.', {
    code: 'not_confirmed',
    exitCode: exitCodes.interrupted,
  });
}
