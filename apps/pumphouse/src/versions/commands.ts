import type { Command } from 'commander';
import { addExamples } from '../program/examples.ts';
import { withSession, type Cli } from '../program/session-action.ts';
import type { DeployOptions } from './deploy-command.ts';

/** Adds `deploy`. */
export function addDeployCommand(program: Command, cli: Cli): void {
  const deploy = program
    .command('deploy')
    .description('Upload what changed in the workspace folder, and apply its jobs')
    .option('--dry-run', 'Show what would change; upload and change nothing')
    .option('--show-manifest', 'Print the job definitions as JSON, and do nothing else')
    .option('--python <path>', 'The interpreter that imports __deployment__.py; default: that of .venv')
    .option('--fresh', 'Import __deployment__.py even if no file has changed since the last time')
    .action(
      withSession<[], DeployOptions>(cli, async (session, _args, options) => {
        const { runDeploy } = await import('./deploy-command.ts');
        await runDeploy(session, options);
      }),
    );
  addExamples(deploy, [
    ['pumphouse deploy', 'Deploys the workspace folder.'],
    ['pumphouse deploy --dry-run', 'Shows which jobs would be added, updated and archived.'],
    ['pumphouse deploy --json', 'Prints the outcome as JSON, for scripts.'],
  ]);
}
