import { Option, type Command } from 'commander';
import { addExamples } from '../program/examples.ts';
import { withSession, type Cli } from '../program/session-action.ts';
import type { ListIncidentsOptions } from './list-incidents.ts';

interface PauseOptions {
  for: string;
}

/** Adds the commands of incidents and of mutes of jobs. */
export function addIncidentCommands(alert: Command, cli: Cli): void {
  addReading(alert, cli);
  addHandling(alert, cli);
  addMutes(alert, cli);
}

function addReading(alert: Command, cli: Cli): void {
  addExamples(
    alert
      .command('list')
      .description('List open incidents, the latest first')
      .option('--all', 'Resolved ones too')
      .option('--job <job>', 'Only those of a job')
      .addOption(new Option('--limit <n>', 'How many at most').default('20'))
      .action(
        withSession<[], ListIncidentsOptions>(cli, async (session, _, options) => {
          const { listIncidents } = await import('./list-incidents.ts');
          await listIncidents(session, options);
        }),
      ),
    [['pumphouse alert list', 'Shows what needs attention.']],
  );
}

function addHandling(alert: Command, cli: Cli): void {
  addExamples(
    alert
      .command('ack')
      .argument('<incident>', 'Id of an incident')
      .description('Acknowledge an incident, which stops its reminders')
      .action(
        withSession<[incident: string]>(cli, async (session, [id]) => {
          const { acknowledge } = await import('./handle-incident.ts');
          await acknowledge(session, id);
        }),
      ),
    [['pumphouse alert ack 3f0c9a1e-5a43-4e5e-9a55-0d6c1c3f7a10', 'You are looking at it.']],
  );
  addExamples(
    alert
      .command('snooze')
      .argument('<incident>', 'Id of an incident')
      .description('Send nothing about an incident for some time, and remind then if it is still open')
      .addOption(new Option('--for <duration>', 'Such as 30m, 4h or 2d').default('4h'))
      .action(
        withSession<[incident: string], PauseOptions>(cli, async (session, [id], options) => {
          const { snooze } = await import('./handle-incident.ts');
          await snooze(session, id, options.for);
        }),
      ),
    [['pumphouse alert snooze 3f0c9a1e-5a43-4e5e-9a55-0d6c1c3f7a10 --for 1d', 'Reminds tomorrow.']],
  );
  addExamples(
    alert
      .command('resolve')
      .argument('<incident>', 'Id of an incident')
      .description('Resolve an incident')
      .action(
        withSession<[incident: string]>(cli, async (session, [id]) => {
          const { resolve } = await import('./handle-incident.ts');
          await resolve(session, id);
        }),
      ),
    [['pumphouse alert resolve 3f0c9a1e-5a43-4e5e-9a55-0d6c1c3f7a10', 'The next occurrence opens another.']],
  );
}

function addMutes(alert: Command, cli: Cli): void {
  addExamples(
    alert
      .command('mute')
      .argument('<job>', 'Reference or id of a job')
      .description('Record incidents of a job without sending them')
      .option('--for <duration>', 'Such as 30m, 4h or 2d; default: until unmuted')
      .action(
        withSession<[job: string], Partial<PauseOptions>>(cli, async (session, [job], options) => {
          const { muteJob } = await import('./mute-job.ts');
          await muteJob(session, job, options.for);
        }),
      ),
    [['pumphouse alert mute load --for 2h', 'Quiet during a migration.']],
  );
  addExamples(
    alert
      .command('unmute')
      .argument('<job>', 'Reference or id of a job')
      .description('Send incidents of a job again')
      .action(
        withSession<[job: string]>(cli, async (session, [job]) => {
          const { unmuteJob } = await import('./mute-job.ts');
          await unmuteJob(session, job);
        }),
      ),
    [['pumphouse alert unmute load', 'Open incidents are sent now.']],
  );
}
