import type { Command } from 'commander';
import { addExamples } from '../program/examples.ts';
import { withSession, type Cli } from '../program/session-action.ts';
import type { PendingOptions } from './pending-packages.ts';

/** Adds `pipeline pending`, `pipeline finish` and `pipeline drop`. */
export function addPendingCommands(pipeline: Command, cli: Cli): void {
  const pending = pipeline
    .command('pending')
    .description('List load packages that were extracted and not loaded')
    .argument('[pipeline]', 'The name of the pipeline; default: all')
    .action(
      withSession<[name?: string]>(cli, async (session, [name]) => {
        const { showPending } = await import('./pending-packages.ts');
        await showPending(session, name);
      }),
    );
  addExamples(pending, [['pumphouse pipeline pending', 'Shows what failed runs have left.']]);

  const finish = pipeline
    .command('finish')
    .description('Start a run that loads what is pending, and does not ask the source')
    .argument('<pipeline>', 'The name of the pipeline')
    .option('--profile <profile>', 'The profile of the packages; default prod')
    .action(
      withSession<[name: string], PendingOptions>(cli, async (session, [name], options) => {
        const { finishPending } = await import('./pending-packages.ts');
        await finishPending(session, name, options);
      }),
    );
  addExamples(finish, [['pumphouse pipeline finish shop', 'Retries only the load of the pipeline shop.']]);

  const drop = pipeline
    .command('drop')
    .description('Drop load packages that were extracted and not loaded')
    .argument('<pipeline>', 'The name of the pipeline')
    .option('--profile <profile>', 'The profile of the packages; default prod')
    .option('-y, --yes', 'Do not ask')
    .action(
      withSession<[name: string], PendingOptions & { yes?: boolean }>(
        cli,
        async (session, [name], options) => {
          const { dropPending } = await import('./pending-packages.ts');
          await dropPending(session, name, options);
        },
      ),
    );
  addExamples(drop, [['pumphouse pipeline drop shop --yes', 'Drops what is pending of the pipeline shop.']]);
}
