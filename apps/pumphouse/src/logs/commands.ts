import type { Command } from 'commander';
import { addExamples } from '../program/examples.ts';
import { withSession, type Cli } from '../program/session-action.ts';
import type { LogOptions } from './show-log.ts';

/** Adds `logs`. */
export function addLogCommands(program: Command, cli: Cli): void {
  addLogCommand(program, cli, 'pumphouse logs');
}

/**
 * Adds `logs` to the program, or to `run`.
 * @param name what to type, for the examples
 */
export function addLogCommand(parent: Command, cli: Cli, name: string): void {
  const logs = parent
    .command('logs')
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
    [`${name} load -f`, 'Follows the latest run of the job load; Ctrl-C leaves it running.'],
    [`${name} load 12 --grep error`, 'Prints the lines of run 12 that contain "error".'],
    [`${name} load --since 10m --timestamps`, 'Prints the lines of the last ten minutes with their times.'],
  ]);
}
