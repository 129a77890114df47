import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { buildProgram } from './build-program.ts';

/** Runs a command line that only prints, and returns that. */
async function print(line: string): Promise<string> {
  const program = buildProgram({ owner: process, setExitCode: () => undefined });
  let printed = '';
  const writeOut = (text: string) => void (printed += text);
  const capture = (command: typeof program): void => {
    command.configureOutput({ writeOut, writeErr: writeOut });
    for (const each of command.commands) capture(each);
  };
  capture(program);
  await expect(program.parseAsync(line.split(' '), { from: 'user' })).rejects.toThrow(CommanderError);
  return printed;
}

describe('an unknown command', () => {
  it.each([
    ['lau pipeline.py', 'Did you mean launch?'],
    ['wor', 'Did you mean one of worker, workspace?'],
    ['job inf load', 'Did you mean info?'],
    ['run lst', 'Did you mean list?'],
    ['run pipeline.py -f', 'pumphouse launch pipeline.py -f starts a script or a job.'],
    ['secrets set TOKEN', 'pumphouse variable set NAME --secret stores a secret'],
    ['tail -f load', 'pumphouse logs JOB -f follows the log'],
    ['dev', 'pumphouse launch SCRIPT -f on the server'],
    ['help tail', 'pumphouse logs JOB -f follows the log'],
  ])('%s: %s', async (line, advice) => {
    expect(await print(line)).toContain(advice);
  });

  it('without a similar one names only --help', async () => {
    expect(await print('job orders')).toBe(
      "error: unknown command 'orders'\nAdd --help to see the usage of a command.\n",
    );
  });
});

it.each([
  ['help', 'Usage: pumphouse [options] [command]'],
  ['help launch', 'Usage: pumphouse launch [options] <script|job>'],
  ['help job list', 'Usage: pumphouse job list [options] [selector...]'],
])('%s shows the help', async (line, usage) => {
  expect(await print(line)).toContain(usage);
});
