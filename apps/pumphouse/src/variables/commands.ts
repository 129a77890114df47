import { Option, type Command } from 'commander';
import { addExamples } from '../program/examples.ts';
import { withSession, type Cli } from '../program/session-action.ts';
import type { ImportOptions } from './import-variables.ts';
import type { SetVariableOptions } from './set-variable.ts';

interface ProfileOption {
  profile?: string;
}

/** Adds `variable`. */
export function addVariableCommands(program: Command, cli: Cli): void {
  const variable = program
    .command('variable')
    .description('Set environment variables and secrets of runs; for owners of the workspace');

  addExamples(
    variable
      .command('list')
      .description('List variables; the values of secrets are never shown')
      .option('--profile <profile>', 'Only variables of this profile')
      .action(
        withSession<[], ProfileOption>(cli, async (session, _args, options) => {
          const { listVariables } = await import('./list-variables.ts');
          await listVariables(session, options);
        }),
      ),
    [
      ['pumphouse variable list', 'Shows those of the workspace and of each profile.'],
      ['pumphouse variable list --profile prod --json', 'Those of one profile, as JSON.'],
    ],
  );

  addExamples(
    variable
      .command('set')
      .argument('<name>', 'Name of the variable')
      .argument('[value]', 'Value; - or nothing reads standard input, or asks on a terminal')
      .description('Set a variable for future runs')
      .addOption(new Option('--secret', 'Encrypt it, never show it, and mask it in logs').conflicts('plain'))
      .option('--plain', 'Store a value that can be read, even if the variable was a secret')
      .option('--profile <profile>', 'Set it for runs of this profile; default: all runs of the workspace')
      .action(
        withSession<[name: string, value: string | undefined], SetVariableOptions>(
          cli,
          async (session, [name, value], options) => {
            const { setVariable } = await import('./set-variable.ts');
            await setVariable(session, name, value, options);
          },
        ),
      ),
    [
      ['pumphouse variable set SHOP__REGION north --profile prod', 'Sets a plain value for runs of prod.'],
      ['pumphouse variable set API_TOKEN --secret', 'Asks for the secret without showing it.'],
      [
        'op read op://shop/token | pumphouse variable set API_TOKEN - --secret',
        'Takes the secret from another program.',
      ],
    ],
  );

  addExamples(
    variable
      .command('delete')
      .argument('<name...>', 'Names of the variables')
      .description('Delete variables')
      .option('--profile <profile>', 'Delete those of this profile; default: those of the workspace')
      .action(
        withSession<[names: string[]], ProfileOption>(cli, async (session, [names], options) => {
          const { deleteVariables } = await import('./delete-variables.ts');
          return deleteVariables(session, names, options);
        }),
      ),
    [['pumphouse variable delete SHOP__REGION OLD_TOKEN --profile prod', 'Deletes both, or neither.']],
  );

  addExamples(
    variable
      .command('import')
      .argument('<file>', 'A .env file; - reads standard input')
      .description('Set all variables of a .env file, or none if one is refused')
      .option('--secret', 'Store all of them as secrets')
      .option('--profile <profile>', 'Set them for runs of this profile; default: all runs of the workspace')
      .option('--dry-run', 'Show what would change')
      .action(
        withSession<[file: string], ImportOptions>(cli, async (session, [file], options) => {
          const { importVariables } = await import('./import-variables.ts');
          await importVariables(session, file, options);
        }),
      ),
    [
      ['pumphouse variable import prod.env --secret --profile prod', 'Stores them as secrets of prod.'],
      ['pumphouse variable import prod.env --dry-run', 'Shows what would be added and changed.'],
    ],
  );
}
