import { Command, Option } from 'commander';
import packageFile from '../../package.json' with { type: 'json' };
import { exitCodeMeanings } from '../errors/exit-codes.ts';
import { addDashboardCommand } from '../dashboard/commands.ts';
import { addJobCommands } from '../jobs/commands.ts';
import { addLogCommands } from '../logs/commands.ts';
import { addPipelineCommands } from '../pipelines/commands.ts';
import { addRunCommands } from '../runs/commands.ts';
import { addSignInCommands } from '../sign-in/commands.ts';
import { addStatusCommand } from '../status/commands.ts';
import { addDeployCommand } from '../versions/commands.ts';
import { addLaunchCommand } from '../launch/commands.ts';
import { addInitCommand } from '../init/commands.ts';
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
  addDashboardCommand(program, cli);
  addJobCommands(program, cli);
  addLogCommands(program, cli);
  addPipelineCommands(program, cli);
  addRunCommands(program, cli);
  addSignInCommands(program, cli);
  addStatusCommand(program, cli);
  addInitCommand(program, cli);
  addLaunchCommand(program, cli);
  addDeployCommand(program, cli);
  program.addHelpText('after', () => `\nExit codes:\n${describeExitCodes()}`);
  return program;
}

function describeExitCodes(): string {
  return exitCodeMeanings.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`).join('\n');
}
