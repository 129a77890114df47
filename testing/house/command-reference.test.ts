import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildProgram } from 'pumphouse-command/program/build-program.ts';
import { readExamples } from 'pumphouse-command/program/examples.ts';
import {
  applySchemaPath,
  commandReferencePath,
  writeApplySchema,
  writeCommandReference,
} from './command-reference.ts';

type Command = ReturnType<typeof buildProgram>;

const program = buildProgram({ owner: process, setExitCode: () => undefined });

it('the schema of the apply file is what npm run docs:cli writes', () => {
  expect(readFileSync(applySchemaPath, 'utf8')).toBe(writeApplySchema());
});

describe('the reference of the pumphouse command', () => {
  it('is what npm run docs:cli writes', () => {
    expect(readFileSync(commandReferencePath, 'utf8')).toBe(writeCommandReference());
  });

  const commands = listCommands(program, 'pumphouse');

  it.each(commands)('%s has a description and examples', (name, command) => {
    expect(command.description(), name).toMatch(/^[A-Z].*[^.]$/);
    expect(readExamples(command), name).not.toEqual([]);
    for (const [line] of readExamples(command)) expect(line).toContain(name);
  });

  it.each(commands)('%s describes each option and argument', (_name, command) => {
    for (const option of command.options) expect(option.description, option.flags).toMatch(/^[A-Z]/);
    for (const argument of command.registeredArguments)
      expect(argument.description, argument.name()).toMatch(/^[A-Z]/);
  });
});

/** Commands that do something themselves; those of other programs, such as `__complete`, are hidden. */
function listCommands(command: Command, prefix: string): [name: string, command: Command][] {
  const visible = command.createHelp().visibleCommands(command);
  return visible.flatMap((each) => {
    const name = `${prefix} ${each.name()}`;
    return each.commands.length > 0 ? listCommands(each, name) : [[name, each]];
  });
}
