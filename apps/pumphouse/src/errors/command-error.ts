import type { ExitCode } from './exit-codes.ts';

interface CommandErrorFields {
  /** A stable code, such as `no_workspace_folder`. */
  code: string;
  exitCode: ExitCode;
  /** What the user can do, as a full sentence. */
  nextStep?: string;
  /** Further lines, such as the largest files of a folder. */
  lines?: readonly string[];
}

/** An error that the command explains to the user. Its message says what happened, in one sentence. */
export class CommandError extends Error {
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly nextStep: string | undefined;
  readonly lines: readonly string[];

  constructor(message: string, { code, exitCode, nextStep, lines = [] }: CommandErrorFields) {
    super(message);
    this.name = 'CommandError';
    this.code = code;
    this.exitCode = exitCode;
    this.nextStep = nextStep;
    this.lines = lines;
  }
}
