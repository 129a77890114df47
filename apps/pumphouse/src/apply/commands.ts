import type { Command } from 'commander';
import { addExamples } from '../program/examples.ts';
import { collect } from '../program/repeated-option.ts';
import { withSession, type Cli } from '../program/session-action.ts';
import type { ApplyCommandOptions } from './apply-command.ts';
import type { ExportOptions } from './export-command.ts';
import type { PlanCommandOptions } from './plan-command.ts';

/** Adds `plan`, `apply` and `export`. */
export function addApplyCommands(program: Command, cli: Cli): void {
  addExamples(
    addFileOptions(program.command('plan'))
      .description('Show what apply would change on the server; nothing is changed')
      .option('--exit-code', 'Exit with 1 if there are changes')
      .action(
        withSession<[], PlanCommandOptions>(cli, async (session, _args, options) => {
          const { showPlan } = await import('./plan-command.ts');
          return showPlan(session, options);
        }),
      ),
    [
      ['pumphouse plan -f pumphouse.yaml', 'Shows each attribute before and after.'],
      ['pumphouse plan -f team/ --exit-code', 'Finds manual changes, in CI.'],
    ],
  );

  addExamples(
    addFileOptions(program.command('apply'))
      .description(
        'Change organizations, members, workspaces, variables, alerts and event subscriptions to match files',
      )
      .option('-y, --yes', 'Do not ask')
      .option(
        '--show-secrets',
        'Print what the server returns only once: signing secrets, and links of invitations if it sends no mail',
      )
      .action(
        withSession<[], ApplyCommandOptions>(cli, async (session, _args, options) => {
          const { applyFiles } = await import('./apply-command.ts');
          await applyFiles(session, options);
        }),
      ),
    [
      ['pumphouse apply -f pumphouse.yaml', 'Shows the plan and asks.'],
      [
        'pumphouse apply -f pumphouse.yaml --yes --write-secrets',
        'Writes all secrets again, after a rotation.',
      ],
    ],
  );

  addExamples(
    program
      .command('export')
      .description('Print an organization as a file, to start from')
      .option('--organization <name|id>', 'The organization; default: that of the folder, or your only one')
      .action(
        withSession<[], ExportOptions>(cli, async (session, _args, options) => {
          const { exportFile } = await import('./export-command.ts');
          await exportFile(session, options);
        }),
      ),
    [['pumphouse export > pumphouse.yaml', 'Secrets are written as references.']],
  );
}

function addFileOptions(command: Command): Command {
  return command
    .requiredOption(
      '-f, --file <path>',
      'YAML file, folder of them, or - for standard input; can be repeated',
      collect,
    )
    .option(
      '--write-secrets',
      'Also write secrets that the server already has, because they cannot be compared',
    );
}
