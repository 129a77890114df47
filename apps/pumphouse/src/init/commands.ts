import { Command, Option } from 'commander';
import { addExamples } from '../program/examples.ts';
import type { Cli } from '../program/session-action.ts';
import type { InitOptions } from './init.ts';

/** Adds `init`. */
export function addInitCommand(program: Command, cli: Cli): void {
  const init = program
    .command('init')
    .description('Create a workspace folder with a pipeline that runs')
    .argument('[folder]', 'The folder to create or fill; default: the current one')
    .addOption(
      new Option('--destination <name>', 'Where the pipeline loads to')
        .choices(['duckdb', 'postgres', 'filesystem', 'bigquery', 'snowflake'])
        .default('duckdb'),
    )
    .action(async (folder: string | undefined, _options: InitOptions, command: Command) => {
      const { init } = await import('./init.ts');
      await init(cli.owner, folder, command.optsWithGlobals());
    });
  addExamples(init, [
    ['pumphouse init shop', 'Creates the folder shop with a pipeline.'],
    ['pumphouse init --destination postgres', 'Fills the current folder, for a pipeline into Postgres.'],
  ]);
}
