import { CommandError } from '../../errors/command-error.ts';
import { exitCodes } from '../../errors/exit-codes.ts';

/** A position in a file; line and column start at 1. */
export interface FilePosition {
  file: string;
  line: number;
  column: number;
}

/** A mistake in a file. */
export interface FileProblem {
  position: FilePosition;
  message: string;
}

/** The error about all mistakes, as compilers write them: file, line, column and message. */
export function createFileError(problems: readonly FileProblem[]): CommandError {
  return new CommandError(
    problems.length === 1 ? 'The file has a mistake.' : `The files have ${problems.length} mistakes.`,
    {
      code: 'invalid_apply_file',
      exitCode: exitCodes.usage,
      nextStep: 'Correct the lines above. Nothing was changed.',
      lines: problems.map(
        ({ position: { file, line, column }, message }) => `${file}:${line}:${column}: ${message}`,
      ),
    },
  );
}
