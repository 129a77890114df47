import { readRequirementLines, RequirementFileError } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';

/**
 * The lines of a requirements file that a person wrote, sorted and without comments.
 * @throws RequirementFileError
 */
export function parseRequirements(text: string, name: string): string[] {
  const { lines, errors } = readRequirementLines(text, name);
  if (errors[0]) throw errors[0];
  return sortUnique(lines.map((line) => line.text));
}

/** The lines that uv wrote, sorted. Projects of the workspace itself are left out: they run from its folder. */
export function parseExport(text: string): string[] {
  const lines = text.split('\n').map((line) => line.replace(/(^|\s)#.*$/, '').trim());
  return sortUnique(lines.filter((line) => line !== '' && !line.startsWith('-')));
}

/** @throws CommandError invalid_requirements for a file that names packages in a way that cannot be installed */
export async function explainRequirements<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof RequirementFileError)) throw error;
    const { message, nextStep } = error;
    throw new CommandError(message, { code: 'invalid_requirements', exitCode: exitCodes.refused, nextStep });
  }
}

function sortUnique(lines: readonly string[]): string[] {
  return [...new Set(lines)].toSorted();
}
