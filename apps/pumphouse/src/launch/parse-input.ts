import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';

/**
 * Parses `key=value` arguments to the input of a run. A value that is JSON keeps its type, everything else is a
 * text: `count=3` is a number, `name=Ada` and `id="3"` are texts.
 * @returns undefined if there are none
 * @throws CommandError invalid_input
 */
export function parseInput(pairs: readonly string[]): Record<string, unknown> | undefined {
  if (pairs.length === 0) return undefined;
  return Object.fromEntries(pairs.map(parsePair));
}

function parsePair(pair: string): [string, unknown] {
  const index = pair.indexOf('=');
  if (index > 0) return [pair.slice(0, index), parseValue(pair.slice(index + 1))];
  throw new CommandError(`${pair} is not an input.`, {
    code: 'invalid_input',
    exitCode: exitCodes.usage,
    nextStep: 'Write --input key=value.',
  });
}

function parseValue(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    // `1.0`, `1e3` and long ids would change.
    return typeof value === 'number' && String(value) !== text ? text : value;
  } catch {
    return text;
  }
}
