import { CommanderError } from 'commander';
import type { Explanation } from '../errors/explain-error.ts';
import { exitCodes, type ExitCode } from '../errors/exit-codes.ts';
import { openTerminal, type Terminal } from '../terminal/terminal.ts';
import { buildProgram } from './build-program.ts';
import type { Command } from 'commander';
import { formatJson } from '../terminal/plain-text.ts';

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
  const isJson = args.includes('--json');
  const program = buildProgram({ owner, setExitCode: (code) => (exitCode = code) });
  if (isJson) silenceErrors(program);
  extend?.(program);
  const terminal = openTerminal(owner, { isQuiet: false });
  endWithReaders(owner);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has printed the help, and its own errors unless they are wanted as JSON.
      if (error.exitCode === 0) return exitCodes.done;
      if (isJson && error.code !== 'commander.help') printExplanation(terminal, explainUsage(error), isJson);
      return exitCodes.usage;
    }
    // Loaded only here: it knows every error code of the contract.
    const { explainError } = await import('../errors/explain-error.ts');
    const explanation = explainError(error);
    printExplanation(terminal, explanation, isJson);
    return explanation.exitCode;
  }
}

/** A reader such as `head` has enough: that is no error. Messages without a reader are lost, the work goes on. */
function endWithReaders(owner: NodeJS.Process): void {
  owner.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') owner.exit(exitCodes.done);
    owner.stderr.write(`Error: The output cannot be written (${error.message}).\n`);
    owner.exit(exitCodes.defect);
  });
  owner.stderr.on('error', () => undefined);
}

function silenceErrors(command: Command): void {
  command.configureOutput({ outputError: () => undefined }).showHelpAfterError(false);
  for (const each of command.commands) silenceErrors(each);
}

function explainUsage({ message }: CommanderError): Explanation {
  return {
    message: message.replace(/^error: /, ''),
    code: 'usage',
    exitCode: exitCodes.usage,
    nextStep: 'Add --help to see the usage of a command.',
    lines: [],
  };
}

/** With `--json` the explanation goes to standard error as JSON, so that scripts can read its code. */
function printExplanation(terminal: Terminal, explanation: Explanation, isJson: boolean): void {
  const { message, code, nextStep, lines } = explanation;
  if (isJson) {
    const error = { code, message, next_step: nextStep ?? null, lines, exit_code: explanation.exitCode };
    terminal.alert(formatJson({ error }));
    return;
  }
  terminal.alert(`${terminal.tone('bad', 'Error:')} ${message} ${terminal.tone('quiet', `[${code}]`)}`);
  for (const line of lines) terminal.alert(`  ${line}`);
  if (nextStep !== undefined) terminal.alert(nextStep);
}
