import { Command, Option } from 'commander';
import packageFile from '../../package.json' with { type: 'json' };
import { exitCodeMeanings } from '../errors/exit-codes.ts';
import { addAlertCommands } from '../alerts/commands.ts';
import { addApplyCommands } from '../apply/commands.ts';
import { addAppCommands } from '../apps/commands.ts';
import { addCompletionCommands } from '../completion/commands.ts';
import { addDashboardCommand } from '../dashboard/commands.ts';
import { addEventCommands } from '../events/commands.ts';
import { addInitCommand } from '../init/commands.ts';
import { addJobCommands } from '../jobs/commands.ts';
import { addKeyCommands } from '../keys/commands.ts';
import { addLaunchCommand } from '../launch/commands.ts';
import { addLogCommands } from '../logs/commands.ts';
import { addOrganizationCommands } from '../organizations/commands.ts';
import { addMemberCommands } from '../people/commands.ts';
import { addLocalDataCommands } from '../local-data/commands.ts';
import { addPipelineCommands } from '../pipelines/commands.ts';
import { addRunCommands } from '../runs/commands.ts';
import { addSignInCommands } from '../sign-in/commands.ts';
import { addStatusCommand } from '../status/commands.ts';
import { addUpgradeCommands } from '../upgrade/commands.ts';
import { addVariableCommands } from '../variables/commands.ts';
import { addDeployCommand, addVersionCommands } from '../versions/commands.ts';
import { addBackfillCommands } from '../backfills/commands.ts';
import { addWorkerCommands } from '../workers/commands.ts';
import { addWorkspaceCommands } from '../workspaces/commands.ts';
import { explainUnknownCommands } from './explain-unknown.ts';
import { addHelpCommand } from './help-command.ts';
import type { Cli } from './session-action.ts';

type AddCommands = (program: Command, cli: Cli) => void;

/** The commands in the order of the help: what a new user needs comes first. */
const commandGroups: readonly (readonly [heading: string, groups: readonly AddCommands[]])[] = [
  ['Begin:', [addInitCommand, addSignInCommands]],
  [
    'Run:',
    [addLaunchCommand, addStatusCommand, addRunCommands, addLogCommands, addJobCommands, addBackfillCommands],
  ],
  ['Deploy:', [addDeployCommand, addVersionCommands]],
  ['Apps:', [addAppCommands, addDashboardCommand]],
  ['Data:', [addPipelineCommands, addLocalDataCommands]],
  [
    'Workspace and people:',
    [
      addWorkspaceCommands,
      addVariableCommands,
      addAlertCommands,
      addEventCommands,
      addOrganizationCommands,
      addMemberCommands,
      addKeyCommands,
      addWorkerCommands,
    ],
  ],
  ['Configuration as code:', [addApplyCommands]],
  ['This command:', [addHelpCommand, addCompletionCommands, addUpgradeCommands]],
];

/** Builds all commands. Only their names and options are loaded; the code of a command is imported when it runs. */
export function buildProgram(cli: Cli): Command {
  const program = new Command('pumphouse')
    .description('Deploy, run and observe dlt pipelines on a Pumphouse server')
    .version(packageFile.version, '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Show the help of a command')
    .helpCommand(false)
    .addOption(
      new Option('--server <name|url>', 'The server; default: that of the workspace folder or last login'),
    )
    .addOption(new Option('--workspace <name|id>', 'The workspace; default: that of the workspace folder'))
    .option('--json', 'Print data as JSON')
    .option('-q, --quiet', 'Print data and errors only')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .showSuggestionAfterError()
    .showHelpAfterError('Add --help to see the usage of a command.')
    .exitOverride();
  for (const [heading, groups] of commandGroups) {
    program.commandsGroup(heading);
    for (const add of groups) add(program, cli);
  }
  // Groups would list a command `help` beside their own; --help shows the same.
  for (const command of program.commands) command.helpCommand(false);
  explainUnknownCommands(program);
  program.addHelpText('after', () => `\nExit codes:\n${describeExitCodes()}`);
  return program;
}

function describeExitCodes(): string {
  return exitCodeMeanings.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`).join('\n');
}
