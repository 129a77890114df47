import type { Command } from 'commander';
import { addExamples } from '../program/examples.ts';
import { withSession, type Cli } from '../program/session-action.ts';

/** Adds `upgrade-check`. */
export function addUpgradeCommands(program: Command, cli: Cli): void {
  const upgradeCheck = program
    .command('upgrade-check')
    .description('Compare this command with the server, and with the latest release on npm')
    .action(
      withSession(cli, async (session) => {
        const { checkUpgrade } = await import('./check-upgrade.ts');
        await checkUpgrade(session, program.version() ?? '');
      }),
    );
  addExamples(upgradeCheck, [
    [
      'pumphouse upgrade-check',
      'Prints the versions and what to do; it never fails because npm is not reachable.',
    ],
  ]);
}
