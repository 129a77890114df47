import type { Command } from 'commander';

/** An example of a command: what to type, and what it does. */
export type Example = readonly [line: string, does: string];

const examplesOf = new WeakMap<Command, readonly Example[]>();

/** Adds examples to the help of a command, and to the reference. */
export function addExamples(command: Command, examples: readonly Example[]): Command {
  examplesOf.set(command, examples);
  const lines = examples.map(([line, does]) => `  $ ${line}\n      ${does}`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

/** The examples of a command. */
export function readExamples(command: Command): readonly Example[] {
  return examplesOf.get(command) ?? [];
}
