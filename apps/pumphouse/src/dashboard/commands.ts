import type { Command } from 'commander';
import { addExamples } from '../program/examples.ts';
import { withSession, type Cli } from '../program/session-action.ts';

/** Adds `dashboard`. */
export function addDashboardCommand(program: Command, cli: Cli): void {
  const dashboard = program
    .command('dashboard')
    .description('Open the dashboard of the workspace in the browser, signed in')
    .option('--no-browser', 'Only print the address')
    .action(
      withSession<[], { browser?: boolean }>(cli, async (session, _args, options) => {
        const { openDashboard } = await import('./open-dashboard.ts');
        await openDashboard(session, options);
      }),
    );
  addExamples(dashboard, [
    ['pumphouse dashboard', 'Opens the dashboard.'],
    ['pumphouse dashboard --no-browser', 'Prints an address that signs in once.'],
  ]);
}
