import type { Command } from 'commander';
import { addExamples } from '../program/examples.ts';
import { withSession, type Cli } from '../program/session-action.ts';

/** Adds `status`. */
export function addStatusCommand(program: Command, cli: Cli): void {
  const status = program
    .command('status')
    .description('Show what runs, what failed in the last 24 hours, and what is next')
    .option('-w, --watch', 'Show each change as it happens, until Ctrl-C')
    .action(
      withSession<[], { watch?: boolean }>(cli, async (session, _args, options) => {
        const { showStatus } = await import('./show-status.ts');
        await showStatus(session, options);
      }),
    );
  addExamples(status, [
    ['pumphouse status', 'Shows one screen.'],
    ['pumphouse status --watch', 'Keeps it up to date.'],
    ['pumphouse status --watch --json', 'Prints one line of JSON for each change.'],
  ]);
}
