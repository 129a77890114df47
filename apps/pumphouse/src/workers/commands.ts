import type { Command } from 'commander';
import { addExamples } from '../program/examples.ts';
import { withSession, type Cli } from '../program/session-action.ts';
import type { WorkerOptions } from './find-worker.ts';

const changes = [
  ['pause', 'Let a worker take no new runs; its active runs continue', 'Resume it later.'],
  ['resume', 'Let a paused or drained worker take runs again', 'Start it again if it has ended.'],
  ['drain', 'Let a worker take no new runs, and end after its last one', 'Before maintenance.'],
] as const;

/** Adds `worker`. */
export function addWorkerCommands(program: Command, cli: Cli): void {
  const worker = program
    .command('worker')
    .description('Manage workers: machines that run jobs of an organization (owners)');
  const addOrganization = (command: Command) =>
    command.option('--organization <name>', 'Name or id; default: that of the folder, or your only one');

  addExamples(
    addOrganization(worker.command('list'))
      .description('List the workers that run jobs of an organization')
      .action(
        withSession<[], WorkerOptions>(cli, async (session, _args, options) => {
          const { listWorkers } = await import('./list-workers.ts');
          await listWorkers(session, options);
        }),
      ),
    [['pumphouse worker list', 'Shows state, labels and active runs.']],
  );

  addExamples(
    addOrganization(worker.command('create'))
      .argument('<name>', 'Name of the worker')
      .description('Create a worker and print its token, once')
      .action(
        withSession<[name: string], WorkerOptions>(cli, async (session, [name], options) => {
          const { createWorker } = await import('./change-worker.ts');
          await createWorker(session, name, options);
        }),
      ),
    [['pumphouse worker create edge-1 > token', 'Only the token goes to standard output.']],
  );

  for (const [action, description, why] of changes)
    addExamples(
      addOrganization(worker.command(action))
        .argument('<worker>', 'Name or id of the worker')
        .description(description)
        .action(
          withSession<[name: string], WorkerOptions>(cli, async (session, [name], options) => {
            const { changeWorker } = await import('./change-worker.ts');
            await changeWorker(session, name, { ...options, action });
          }),
        ),
      [[`pumphouse worker ${action} edge-1`, why]],
    );

  addExamples(
    addOrganization(worker.command('replace-token'))
      .argument('<worker>', 'Name or id of the worker')
      .description('Revoke the token of a worker and print a new one, once')
      .option('-y, --yes', 'Do not ask')
      .action(
        withSession<[name: string], WorkerOptions & { yes?: boolean }>(
          cli,
          async (session, [name], options) => {
            const { replaceWorkerToken } = await import('./change-worker.ts');
            await replaceWorkerToken(session, name, options);
          },
        ),
      ),
    [
      [
        'pumphouse worker replace-token edge-1 --yes > token',
        'If someone may have seen the token. Active runs continue.',
      ],
    ],
  );

  addExamples(
    addOrganization(worker.command('remove'))
      .argument('<worker>', 'Name or id of the worker')
      .description('Remove a worker and revoke its token')
      .option('-y, --yes', 'Do not ask')
      .action(
        withSession<[name: string], WorkerOptions & { yes?: boolean }>(
          cli,
          async (session, [name], options) => {
            const { removeWorker } = await import('./change-worker.ts');
            await removeWorker(session, name, options);
          },
        ),
      ),
    [['pumphouse worker remove edge-1 --yes', 'Drain it first: its active runs would become unknown.']],
  );
}
