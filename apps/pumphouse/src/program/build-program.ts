import { Command, Option } from 'commander';
import packageFile from '../../package.json' with { type: 'json' };
import { exitCodeMeanings } from '../errors/exit-codes.ts';
import { addAppCommands } from '../apps/commands.ts';
import { addCompletionCommands } from '../completion/commands.ts';
import { addInitCommand } from '../init/commands.ts';
import { addKeyCommands } from '../keys/commands.ts';
import { addLaunchCommand } from '../launch/commands.ts';
import { addLogCommands } from '../logs/commands.ts';
import { addOrganizationCommands } from '../organizations/commands.ts';
import { addMemberCommands } from '../people/commands.ts';
import { addSignInCommands } from '../sign-in/commands.ts';
import { addUpgradeCommands } from '../upgrade/commands.ts';
import { addVariableCommands } from '../variables/commands.ts';
import { addDeployCommand, addVersionCommands } from '../versions/commands.ts';
import { addWorkspaceCommands } from '../workspaces/commands.ts';
import type { Cli } from './session-action.ts';

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
  addAppCommands(program, cli);
  addCompletionCommands(program, cli);
  addInitCommand(program, cli);
  addKeyCommands(program, cli);
  addLaunchCommand(program, cli);
  addLogCommands(program, cli);
  addOrganizationCommands(program, cli);
  addMemberCommands(program, cli);
  addSignInCommands(program, cli);
  addUpgradeCommands(program, cli);
  addVariableCommands(program, cli);
  addDeployCommand(program, cli);
  addVersionCommands(program, cli);
  addWorkspaceCommands(program, cli);
  program.addHelpText('after', () => `\nExit codes:\n${describeExitCodes()}`);
  return program;
}

function describeExitCodes(): string {
  return exitCodeMeanings.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`).join('\n');
}
