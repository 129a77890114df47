import type { Command } from 'commander';
import { addExamples } from '../program/examples.ts';
import { collect } from '../program/repeated-option.ts';
import { withSession, type Cli } from '../program/session-action.ts';
import type { LaunchOptions } from './launch.ts';

/** Adds `launch`. */
export function addLaunchCommand(program: Command, cli: Cli): void {
  const launch = program
    .command('launch')
    .description('Start a script or a job with the code of the workspace folder')
    .argument('<script|job>', 'The path of a script, or a job such as shop.load')
    .option('-f, --follow', 'Follow the log until the run ends; exit 1 if it fails')
    .option('--wait', 'Wait until the run ends, without its log; exit 1 if it fails')
    .option('--refresh', 'Load everything again: forget the last completed run')
    .option('--profile <profile>', 'Run under this profile instead of that of the job')
    .option(
      '--input <key=value...>',
      'A parameter of the job’s function, or an option of the script; a value may be JSON',
      collect,
      [],
    )
    .option('--no-deploy', 'Start what is deployed; upload nothing')
    .option(
      '--python <version|path>',
      'Python of the runs, such as 3.12, or the interpreter that imports the code; default: that of .venv',
    )
    .action(
      withSession<[string], LaunchOptions>(cli, async (session, [name], options) => {
        const { launch } = await import('./launch.ts');
        return launch(session, name, options);
      }),
    );
  addExamples(launch, [
    ['pumphouse launch pipeline.py -f', 'Uploads the folder, runs the script and follows its log.'],
    ['pumphouse launch load --refresh', 'Starts the job again from the beginning of its data.'],
    ['pumphouse launch load --input day=2026-11-29 --wait', 'Starts the job with an input, and waits.'],
  ]);
}
