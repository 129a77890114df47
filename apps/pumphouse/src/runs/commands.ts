import type { Command } from 'commander';
import { addLogCommand } from '../logs/commands.ts';
import { addExamples } from '../program/examples.ts';
import { withSession, type Cli } from '../program/session-action.ts';
import type { CancelOptions } from './cancel-runs.ts';
import type { ListRunsOptions } from './list-runs.ts';

/** Adds `run` and its commands. */
export function addRunCommands(program: Command, cli: Cli): void {
  const run = program.command('run').description('List, inspect, cancel and repeat runs; launch starts one');
  addList(run, cli);
  addInfo(run, cli);
  addLogCommand(run, cli, 'pumphouse run logs');
  addCancel(run, cli);
  addCompare(run, cli);
  addRetry(run, cli);
}

function addList(run: Command, cli: Cli): void {
  const list = run
    .command('list')
    .description('List runs, newest first')
    .argument('[job]', 'Only runs of this job')
    .option('--status <status...>', 'Only runs with these statuses, such as failed or completed')
    .option('--since <age>', 'Only runs created in the last 2h, 7d, ...')
    .option('-n, --limit <count>', 'How many runs; default 20')
    .option('--running', 'Only runs that have not ended')
    .action(
      withSession<[job?: string], ListRunsOptions>(cli, async (session, [job], options) => {
        const { showRuns } = await import('./list-runs.ts');
        await showRuns(session, job, options);
      }),
    );
  addExamples(list, [
    ['pumphouse run list', 'Shows the latest runs of the workspace.'],
    [
      'pumphouse run list load --status failed --since 7d',
      'Shows the failed runs of a job in the last week.',
    ],
    ['pumphouse run list --running --json', 'Prints the active runs as JSON.'],
  ]);
}

function addInfo(run: Command, cli: Cli): void {
  const info = run
    .command('info')
    .description('Show a run: why it failed, its phases, and what it loaded')
    .argument('<run|job>', 'The id of a run, or a job: then its latest run')
    .argument('[number]', 'The number of a run of the job')
    .action(
      withSession<[name: string, number?: string]>(cli, async (session, args) => {
        const { showRun } = await import('./run-info.ts');
        await showRun(session, args);
      }),
    );
  addExamples(info, [
    ['pumphouse run info load', 'Shows the latest run of the job load.'],
    ['pumphouse run info load 12', 'Shows run 12.'],
  ]);
}

function addCancel(run: Command, cli: Cli): void {
  const cancel = run
    .command('cancel')
    .description('Cancel runs')
    .argument('[run...]', 'Ids of runs, or jobs and numbers, such as load 12 13')
    .option('--job <job>', 'All active runs of this job')
    .option('-y, --yes', 'Do not ask')
    .action(
      withSession<[names: string[]], CancelOptions>(cli, async (session, [names], options) => {
        const { cancelRuns } = await import('./cancel-runs.ts');
        return cancelRuns(session, names, options);
      }),
    );
  addExamples(cancel, [
    ['pumphouse run cancel load 12', 'Cancels run 12 of the job load.'],
    ['pumphouse run cancel --job load --yes', 'Cancels all active runs of the job.'],
  ]);
}

function addCompare(run: Command, cli: Cli): void {
  const compare = run
    .command('compare')
    .description('Compare a run with another of its job; default: the last completed one before it')
    .argument('<run...>', 'One or two runs, such as load 12 10')
    .action(
      withSession<[names: string[]]>(cli, async (session, [names]) => {
        const { compareRuns } = await import('./compare-runs.ts');
        await compareRuns(session, names);
      }),
    );
  addExamples(compare, [
    ['pumphouse run compare load', 'Compares the latest run with the last completed one before it.'],
    ['pumphouse run compare load 12 10', 'Compares run 12 with run 10.'],
  ]);
}

function addRetry(run: Command, cli: Cli): void {
  const retry = run
    .command('retry')
    .description('Start the job of a run again, with the same profile and refresh, and the latest code')
    .argument('<run|job>', 'The id of a run, or a job: then its latest run')
    .argument('[number]', 'The number of a run of the job')
    .option('-f, --follow', 'Follow the log until the run ends; exit code 1 if it fails')
    .action(
      withSession<[name: string, number?: string], { follow?: boolean }>(
        cli,
        async (session, args, options) => {
          const { retryRun } = await import('./retry-run.ts');
          return retryRun(session, args, options);
        },
      ),
    );
  addExamples(retry, [['pumphouse run retry load 12 -f', 'Repeats run 12 and follows it.']]);
}
