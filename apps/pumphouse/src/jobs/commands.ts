import type { Command } from 'commander';
import { addExamples } from '../program/examples.ts';
import { withSession, type Cli } from '../program/session-action.ts';
import type { CreateJobOptions } from './create-job.ts';
import type { JobSwitch } from './switch-jobs.ts';
import type { TriggerOptions } from './trigger-jobs.ts';

/** Adds `job` and its commands, `schedule` and `trigger`. */
export function addJobCommands(program: Command, cli: Cli): void {
  const job = program.command('job').description('List, inspect, pause and archive jobs');
  addList(job, cli);
  addInfo(job, cli);
  addCreate(job, cli);
  addSwitch(job, cli, {
    to: 'pause',
    about: 'Stop the schedule of jobs; manual starts and events still start them',
  });
  addSwitch(job, cli, { to: 'resume', about: 'Let the schedule of paused jobs start runs again' });
  addSwitch(job, cli, { to: 'archive', about: 'Take jobs out of service, and cancel their queued runs' });
  addSwitch(job, cli, { to: 'unarchive', about: 'Restore archived jobs' });
  addGraph(job, cli);
  addSchedule(program, cli);
  addTrigger(program, cli);
}

function addList(job: Command, cli: Cli): void {
  const list = job
    .command('list')
    .description('List jobs with their last run and next start')
    .argument('[selector...]', 'Only matching jobs: names, tag:nightly, schedule:*')
    .option('--archived', 'Only archived jobs')
    .action(
      withSession<[selectors: string[]], { archived?: boolean }>(
        cli,
        async (session, [selectors], options) => {
          const { showJobs } = await import('./list-jobs.ts');
          await showJobs(session, selectors, options);
        },
      ),
    );
  addExamples(list, [
    ['pumphouse job list', 'Shows the jobs of the workspace.'],
    ["pumphouse job list 'shop.*' tag:nightly", 'Shows the jobs of a module, and those with a tag.'],
  ]);
}

function addInfo(job: Command, cli: Cli): void {
  const info = job
    .command('info')
    .description('Show a job: its state, what starts it, and its latest runs')
    .argument('<job>', 'The reference of a job, a part of it, its script or id')
    .action(
      withSession<[name: string]>(cli, async (session, [name]) => {
        const { showJob } = await import('./job-info.ts');
        await showJob(session, name);
      }),
    );
  addExamples(info, [['pumphouse job info load', 'Shows the job jobs.shop.load.']]);
}

function addCreate(job: Command, cli: Cli): void {
  const create = job
    .command('create')
    .description('Upload the workspace folder and make a job of a plain script, without running it')
    .argument('<script>', 'The path of the script')
    .option('--name <name>', 'The name of the job; default: that of the script')
    .option('--schedule <cron>', 'When it starts, such as "0 6 * * *"')
    .option('--description <text>', 'What it does; default: the docstring of the script')
    .option(
      '--python <version|path>',
      'Python of the runs, such as 3.12, or the interpreter that imports the script, if needed; default: that of .venv',
    )
    .action(
      withSession<[script: string], CreateJobOptions>(cli, async (session, [script], options) => {
        const { createJob } = await import('./create-job.ts');
        await createJob(session, script, options);
      }),
    );
  addExamples(create, [
    ['pumphouse job create load.py --schedule "0 6 * * *"', 'Runs load.py each day at six.'],
    ['pumphouse job create etl/load.py --name load_orders', 'Gives the job another name.'],
  ]);
}

function addSwitch(job: Command, cli: Cli, { to, about }: { to: JobSwitch; about: string }): void {
  const command = job
    .command(to)
    .description(about)
    .argument('<job...>', 'The jobs')
    .action(
      withSession<[names: string[]]>(cli, async (session, [names]) => {
        const { switchJobs } = await import('./switch-jobs.ts');
        await switchJobs(session, names, to);
      }),
    );
  addExamples(command, [[`pumphouse job ${to} load report`, `Does so for two jobs.`]]);
}

function addGraph(job: Command, cli: Cli): void {
  const graph = job
    .command('graph')
    .description('Show how jobs depend on each other')
    .argument('[job]', 'Only what is upstream and downstream of this job')
    .action(
      withSession<[name?: string]>(cli, async (session, [name]) => {
        const { showGraph } = await import('./show-graph.ts');
        await showGraph(session, name);
      }),
    );
  addExamples(graph, [
    ['pumphouse job graph', 'Shows all jobs as trees.'],
    ['pumphouse job graph report', 'Shows what leads to the job report, and what follows it.'],
  ]);
}

function addSchedule(program: Command, cli: Cli): void {
  const schedule = program
    .command('schedule')
    .description('Set or remove the schedule of a job that was created by hand')
    .argument('<job|script>', 'The job; a script without a job becomes one')
    .argument('<cron|off>', 'When it starts, such as "0 6 * * *"; off removes the schedule')
    .action(
      withSession<[name: string, cron: string]>(cli, async (session, args) => {
        const { scheduleJob } = await import('./schedule-job.ts');
        await scheduleJob(session, args);
      }),
    );
  addExamples(schedule, [
    ['pumphouse schedule load "0 6 * * *"', 'Starts the job each day at six.'],
    ['pumphouse schedule load off', 'Removes the schedule.'],
  ]);
}

function addTrigger(program: Command, cli: Cli): void {
  const trigger = program
    .command('trigger')
    .description('Start all jobs that match selectors, and show which were not started and why')
    .argument('<selector...>', 'Jobs, or selectors such as tag:nightly or schedule:*')
    .option('--profile <profile>', 'The profile of the runs')
    .option('--refresh', 'Load everything anew')
    .option('--dry-run', 'Show what would start; start nothing')
    .action(
      withSession<[selectors: string[]], TriggerOptions>(cli, async (session, [selectors], options) => {
        const { triggerJobs } = await import('./trigger-jobs.ts');
        return triggerJobs(session, selectors, options);
      }),
    );
  addExamples(trigger, [
    ['pumphouse trigger tag:nightly', 'Starts all jobs with the tag.'],
    ['pumphouse trigger load report --dry-run', 'Shows whether two jobs could start now.'],
  ]);
}
