import type { Command } from 'commander';
import { listSimilar } from '../terminal/find-similar.ts';

/** What other tools call what this command does in another way. */
const ofOtherTools: Readonly<Record<string, string>> = {
  connect: 'pumphouse workspace switch NAME connects the workspace folder to another workspace.',
  dev: 'python SCRIPT runs a script on this machine, pumphouse launch SCRIPT -f on the server.',
  env: 'pumphouse variable list shows the variables of runs, pumphouse variable set NAME VALUE sets one.',
  ps: 'pumphouse status shows what runs.',
  push: 'pumphouse deploy uploads the workspace folder.',
  secret: 'pumphouse variable set NAME --secret stores a secret, pumphouse variable list shows the names.',
  secrets: 'pumphouse variable set NAME --secret stores a secret, pumphouse variable list shows the names.',
  start: 'pumphouse launch SCRIPT -f starts a script or a job.',
  tail: 'pumphouse logs JOB -f follows the log of the latest run of a job.',
};

/** Lets a command, and all below it, answer an unknown word with the command that is meant. */
export function explainUnknownCommands(command: Command): void {
  if (command.commands.length === 0) return;
  command.on('command:*', ([word = '']: string[]) => failUnknown(command, word));
  for (const each of command.commands) explainUnknownCommands(each);
}

/**
 * Explains a word that is no command.
 * @throws CommanderError commander.unknownCommand
 */
export function failUnknown(command: Command, word: string): never {
  const advice = advise(command, word);
  const message = `error: unknown command '${word}'${advice === null ? '' : `\n(${advice})`}`;
  return command.error(message, { code: 'commander.unknownCommand' });
}

function advise(command: Command, word: string): string | null {
  const hint = command.parent === null ? ofOtherTools[word] : undefined;
  if (hint !== undefined) return hint;
  const names = command
    .createHelp()
    .visibleCommands(command)
    .map((each) => each.name());
  const similar = listSimilar(word, names);
  if (similar.length > 1) return `Did you mean one of ${similar.join(', ')}?`;
  if (similar.length === 1) return `Did you mean ${similar[0]}?`;
  // The official client starts a script with `dlthub run SCRIPT`.
  return command.name() === 'run' ? `pumphouse launch ${word} -f starts a script or a job.` : null;
}
