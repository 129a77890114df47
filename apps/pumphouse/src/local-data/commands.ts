import type { Command } from 'commander';
import { addExamples } from '../program/examples.ts';
import { withSession, type Cli } from '../program/session-action.ts';
import type { DownloadDataOptions } from './download-data.ts';
import type { ResetDataOptions } from './reset-data.ts';

const profileHelp = 'The profile of the runs that wrote the files';

/** Adds `data`. */
export function addLocalDataCommands(program: Command, cli: Cli): void {
  const data = program
    .command('data')
    .description('List, download and reset the files that runs keep, such as DuckDB databases');

  const list = data
    .command('list')
    .description('List the files of each profile, and copies of what was reset')
    .option('--profile <profile>', 'Only the files of this profile')
    .action(
      withSession<[], { profile?: string }>(cli, async (session, _args, options) => {
        const { listData } = await import('./list-data.ts');
        await listData(session, options);
      }),
    );
  addExamples(list, [['pumphouse data list', 'Shows each file with its size and when it changed.']]);

  const download = data
    .command('download')
    .description('Download one file, one folder, or everything')
    .argument('[path]', 'A file or folder, as `data list` shows it; default: everything')
    .option('--profile <profile>', profileHelp, 'prod')
    .option('-o, --output <path>', 'The file or folder to create; - writes a tar.gz to standard output')
    .action(
      withSession<[path?: string], DownloadDataOptions>(cli, async (session, [path], options) => {
        const { downloadData } = await import('./download-data.ts');
        await downloadData(session, path, options);
      }),
    );
  addExamples(download, [
    ['pumphouse data download shop.duckdb', 'Saves the database as shop.duckdb in this folder.'],
    ['pumphouse data download -o shop-data', 'Saves everything of the profile prod into a new folder.'],
  ]);

  const reset = data
    .command('reset')
    .description('Remove all files of a profile; a copy is kept for a day')
    .option('--profile <profile>', profileHelp, 'prod')
    .option('--undo', 'Bring back the latest copy; what is there now becomes a copy')
    .option('-y, --yes', 'Do not ask')
    .action(
      withSession<[], ResetDataOptions>(cli, async (session, _args, options) => {
        const { resetData } = await import('./reset-data.ts');
        await resetData(session, options);
      }),
    );
  addExamples(reset, [
    ['pumphouse data reset', 'Removes the files of the profile prod, after a question.'],
    ['pumphouse data reset --undo', 'Brings them back, within a day.'],
  ]);
}
