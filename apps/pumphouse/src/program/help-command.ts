import type { Command } from 'commander';
import { addExamples } from './examples.ts';
import { failUnknown } from './explain-unknown.ts';

/** Adds `help`. Commander's own would be listed in a group of its own, and knows no commands of commands. */
export function addHelpCommand(program: Command): void {
  const help = program
    .command('help')
    .description('Show the help of a command, as --help does')
    .argument('[command...]', 'The command')
    .action((words: string[]) => findCommand(program, words).help());
  addExamples(help, [['pumphouse help job list', 'Prints the help of pumphouse job list.']]);
}

function findCommand(program: Command, words: readonly string[]): Command {
  return words.reduce(
    (parent, word) => parent.commands.find((each) => each.name() === word) ?? failUnknown(parent, word),
    program,
  );
}
