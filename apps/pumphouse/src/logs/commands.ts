import { Command } from 'commander';
import { addExamples } from '../program/examples.ts';
import { withSession, type Cli } from '../program/session-action.ts';
import type { LogOptions } from './show-log.ts';

/** Adds `logs`. */
export function addLogCommands(program: Command, cli: Cli): void {
  addLogCommand(program.command('logs'), cli);
}

/** Declares the arguments and options of `logs`, which `run logs` has too. */
export function addLogCommand(logs: Command, cli: Cli): void {
  logs
    .description('Print the log of a run; of a job, that of its latest run')
    .argument('<run|job>', 'The id of a run, or a job')
    .argument('[number]', 'The number of a run of the job')
    .option('-f, --follow', 'Follow the log until the run ends; exit code 1 if it fails')
    .option('--since <age>', 'Only lines of the last 10m, 2h, ...')
    .option('--grep <text>', 'Only lines with this text, ignoring case')
    .option('--tail <count>', 'Only the last lines')
    .option('-t, --timestamps', 'Begin each line with its time')
    .action(
      withSession<[name: string, number?: string], LogOptions>(cli, async (session, args, options) => {
        const { showLog } = await import('./show-log.ts');
        return showLog(session, args, options);
      }),
    );
  addExamples(logs, [
    ['pumphouse logs load -f', 'Follows the latest run of the job load; Ctrl-C leaves it running.'],
    ['pumphouse logs load 12 --grep error', 'Prints the lines of run 12 that contain "error".'],
    [
      'pumphouse logs load --since 10m --timestamps',
      'Prints the lines of the last ten minutes with their times.',
    ],
  ]);
}
