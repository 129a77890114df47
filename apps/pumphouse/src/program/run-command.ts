import { CommanderError } from 'commander';
import type { Explanation } from '../errors/explain-error.ts';
import { exitCodes, type ExitCode } from '../errors/exit-codes.ts';
import { openTerminal, type Terminal } from '../terminal/terminal.ts';
import { buildProgram } from './build-program.ts';
import type { Command } from 'commander';

interface RunOptions {
  /** Adds commands that are not part of the published package, such as `server`. */
  extend?: (program: Command) => void;
}

/**
 * Runs a command line.
 * @param args what follows `pumphouse`
 * @returns the exit code of the process
 */
export async function runCommand(
  args: readonly string[],
  owner: NodeJS.Process,
  { extend }: RunOptions = {},
): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.done;
  const program = buildProgram({ owner, setExitCode: (code) => (exitCode = code) });
  extend?.(program);
  const terminal = openTerminal(owner, { isQuiet: false });
  // A reader such as `head` has enough: that is no error.
  owner.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') owner.exit(exitCodes.done);
    throw error;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has printed its own errors, and the help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    // Loaded only here: it knows every error code of the contract.
    const { explainError } = await import('../errors/explain-error.ts');
    const explanation = explainError(error);
    printExplanation(terminal, explanation, args.includes('--json'));
    return explanation.exitCode;
  }
}

/** With `--json` the explanation goes to standard error as JSON, so that scripts can read its code. */
function printExplanation(terminal: Terminal, explanation: Explanation, isJson: boolean): void {
  const { message, code, nextStep, lines } = explanation;
  if (isJson) {
    const error = { code, message, next_step: nextStep ?? null, lines, exit_code: explanation.exitCode };
    terminal.alert(JSON.stringify({ error }));
    return;
  }
  terminal.alert(`${terminal.tone('bad', 'Error:')} ${message} ${terminal.tone('quiet', `[${code}]`)}`);
  for (const line of lines) terminal.alert(`  ${line}`);
  if (nextStep !== undefined) terminal.alert(nextStep);
}
