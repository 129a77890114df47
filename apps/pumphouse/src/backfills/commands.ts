import type { Command } from 'commander';
import { addExamples } from '../program/examples.ts';
import { withSession, type Cli } from '../program/session-action.ts';
import type { ChangeOptions } from './change-backfill.ts';
import type { CreateBackfillOptions } from './create-backfill.ts';
import type { InvalidateOptions } from './invalidate-windows.ts';
import type { CalendarOptions } from './show-calendar.ts';
import type { ListBackfillsOptions, ListWindowsOptions } from './show-backfills.ts';

/** Adds `backfill`. */
export function addBackfillCommands(program: Command, cli: Cli): void {
  const backfill = program
    .command('backfill')
    .description('Load past windows of a job with a schedule, each with a run of its own');
  addCreate(backfill, cli);
  addReading(backfill, cli);
  addSwitches(backfill, cli);
  addChanges(backfill, cli);
  addInvalidate(backfill, cli);
}

function addCreate(backfill: Command, cli: Cli): void {
  const create = backfill
    .command('create')
    .description('Create a backfill, or show with --dry-run what it would load')
    .argument('<job>', 'The job')
    .requiredOption('--from <time>', 'The start, such as 2026-01-01 or 2026-01-01T06:00Z')
    .option('--to <time>', 'The end; default: now')
    .option('--mode <mode>', 'Which windows: missing, failed (and missing) or all; default: missing')
    .option('--chunk <ticks>', 'Ticks of the schedule in a window; default: 1')
    .option('--parallel <count>', 'Windows at the same time; default: 1')
    .option('--newest-first', 'Start with the newest window')
    .option('--profile <name>', 'The profile of the runs; default: that of the job')
    .option('--priority <number>', 'The priority of the runs; default: 100 below that of the job')
    .option('--max-failures <count>', 'Pause after this many failed windows')
    .option('--dry-run', 'Count the windows, and create nothing')
    .action(
      withSession<[job: string], CreateBackfillOptions>(cli, async (session, [job], options) => {
        const { createBackfill } = await import('./create-backfill.ts');
        await createBackfill(session, job, options);
      }),
    );
  addExamples(create, [
    ['pumphouse backfill create load --from 2026-01-01 --dry-run', 'Counts the windows that are missing.'],
    [
      'pumphouse backfill create load --from 2026-01-01 --to 2026-02-01 --parallel 4',
      'Loads the missing windows of January, four at a time.',
    ],
  ]);
}

function addReading(backfill: Command, cli: Cli): void {
  const list = backfill
    .command('list')
    .description('List backfills with their progress, newest first')
    .option('--job <job>', 'Only those of this job')
    .option('--open', 'Only those that have not ended')
    .option('--limit <count>', 'How many; default: 20')
    .action(
      withSession<[], ListBackfillsOptions>(cli, async (session, _args, options) => {
        const { listBackfills } = await import('./show-backfills.ts');
        await listBackfills(session, options);
      }),
    );
  addExamples(list, [['pumphouse backfill list --open', 'Shows what is being loaded.']]);

  const show = backfill
    .command('show')
    .description('Show a backfill: its range, progress and what it waits for')
    .argument('<backfill>', 'Its id, the beginning of it, or a job: its newest one')
    .action(
      withSession<[id: string]>(cli, async (session, [id]) => {
        const { showBackfill } = await import('./show-backfills.ts');
        await showBackfill(session, id);
      }),
    );
  addExamples(show, [['pumphouse backfill show 3f2a', 'Shows the backfill whose id begins with 3f2a.']]);

  const calendar = backfill
    .command('calendar')
    .description('Show by day which windows of a job are completed, failed or missing')
    .argument('<job>', 'The job')
    .option('--from <time>', 'The start, such as 2026-01-01; default: 31 days before the end')
    .option('--to <time>', 'The end; default: now')
    .action(
      withSession<[job: string], CalendarOptions>(cli, async (session, [job], options) => {
        const { showCalendar } = await import('./show-calendar.ts');
        await showCalendar(session, job, options);
      }),
    );
  addExamples(calendar, [['pumphouse backfill calendar load --from 2026-01-01', 'Shows what is missing.']]);

  const windows = backfill
    .command('windows')
    .description('List the windows of a backfill with their runs')
    .argument('<backfill>', 'Its id, the beginning of it, or a job: its newest one')
    .option(
      '--status <status...>',
      'Only those: waiting, running, completed, covered, failed, cancelled, skipped',
    )
    .option('--after <number>', 'Only those after this window')
    .option('--limit <count>', 'How many; default: 100')
    .action(
      withSession<[id: string], ListWindowsOptions>(cli, async (session, [id], options) => {
        const { listWindows } = await import('./show-backfills.ts');
        await listWindows(session, id, options);
      }),
    );
  addExamples(windows, [['pumphouse backfill windows 3f2a --status failed', 'Shows the failed windows.']]);
}

function addSwitches(backfill: Command, cli: Cli): void {
  for (const [action, about] of [
    ['pause', 'Start no further window; running windows continue'],
    ['resume', 'Let a paused backfill go on'],
  ] as const) {
    const command = backfill
      .command(action)
      .description(about)
      .argument('<backfill>', 'Its id, the beginning of it, or a job: its newest one')
      .action(
        withSession<[id: string]>(cli, async (session, [id]) => {
          const { switchBackfill } = await import('./change-backfill.ts');
          await switchBackfill(session, id, action);
        }),
      );
    addExamples(command, [[`pumphouse backfill ${action} 3f2a`, `${about}.`]]);
  }

  const cancel = backfill
    .command('cancel')
    .description('Cancel the windows of a backfill that have not started')
    .argument('<backfill>', 'Its id, the beginning of it, or a job: its newest one')
    .option('--running', 'Also cancel the windows that are running')
    .action(
      withSession<[id: string], { running?: boolean }>(cli, async (session, [id], options) => {
        const { cancelBackfill } = await import('./change-backfill.ts');
        await cancelBackfill(session, id, options);
      }),
    );
  addExamples(cancel, [['pumphouse backfill cancel 3f2a --running', 'Stops its runs as well.']]);
}

function addChanges(backfill: Command, cli: Cli): void {
  const retry = backfill
    .command('retry')
    .description(
      'Run failed, cancelled or skipped windows again. A backfill that has ended, or paused after failures, goes on with all its windows',
    )
    .argument('<backfill>', 'Its id, the beginning of it, or a job: its newest one')
    .argument('[window...]', 'Numbers of windows; default: all that failed or were cancelled')
    .action(
      withSession<[id: string, windows: string[]]>(cli, async (session, [id, windows]) => {
        const { retryBackfill } = await import('./change-backfill.ts');
        await retryBackfill(session, id, windows);
      }),
    );
  addExamples(retry, [['pumphouse backfill retry 3f2a 12 15', 'Runs two of its windows again.']]);

  const skip = backfill
    .command('skip')
    .description('Decide that windows are not to be loaded: waiting, failed or cancelled ones')
    .argument('<backfill>', 'Its id, the beginning of it, or a job: its newest one')
    .argument('<window...>', 'Numbers of windows')
    .action(
      withSession<[id: string, windows: string[]]>(cli, async (session, [id, windows]) => {
        const { skipWindows } = await import('./change-backfill.ts');
        await skipWindows(session, id, windows);
      }),
    );
  addExamples(skip, [['pumphouse backfill skip 3f2a 12 15', 'Two of its windows are not loaded.']]);

  const change = backfill
    .command('change')
    .description('Change how a backfill runs, while it runs')
    .argument('<backfill>', 'Its id, the beginning of it, or a job: its newest one')
    .option('--parallel <count>', 'Windows at the same time')
    .option('--priority <number>', 'The priority of runs that start from now on')
    .option('--max-failures <count|off>', 'Pause after this many failed windows')
    .action(
      withSession<[id: string], ChangeOptions>(cli, async (session, [id], options) => {
        const { changeBackfill } = await import('./change-backfill.ts');
        await changeBackfill(session, id, options);
      }),
    );
  addExamples(change, [['pumphouse backfill change 3f2a --parallel 8', 'Runs eight windows at a time.']]);
}

function addInvalidate(backfill: Command, cli: Cli): void {
  const invalidate = backfill
    .command('invalidate')
    .description('Mark windows of a job as not loaded, so that the next backfill loads them again')
    .argument('<job>', 'The job')
    .requiredOption('--from <time>', 'The start, such as 2026-01-01')
    .requiredOption('--to <time>', 'The end')
    .requiredOption('--reason <text>', 'Why; written to the audit log')
    .action(
      withSession<[job: string], InvalidateOptions>(cli, async (session, [job], options) => {
        const { invalidateWindows } = await import('./invalidate-windows.ts');
        await invalidateWindows(session, job, options);
      }),
    );
  addExamples(invalidate, [
    [
      "pumphouse backfill invalidate load --from 2026-01-03 --to 2026-01-05 --reason 'wrong prices'",
      'The windows of two days count as missing.',
    ],
  ]);
}
