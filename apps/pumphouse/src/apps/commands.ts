import type { Command } from 'commander';
import { addExamples } from '../program/examples.ts';
import { withSession, type Cli } from '../program/session-action.ts';
import type { OpenOptions } from './open.ts';
import type { PublishOptions } from './publish.ts';
import type { ServeOptions } from './serve.ts';

/** Adds `open`, `publish`, `serve` and `unpublish`. */
export function addAppCommands(program: Command, cli: Cli): void {
  addOpen(program, cli);
  addPublish(program, cli);
  addServe(program, cli);
  addUnpublish(program, cli);
}

function addOpen(program: Command, cli: Cli): void {
  addExamples(
    program
      .command('open')
      .argument('[job|run]', 'A job, a run such as load#12, or the word pipeline; default: the workspace')
      .argument('[name]', 'The number of a run of the job, or the name of the pipeline')
      .description('Open a page of the console in the browser, signed in')
      .option('--no-browser', 'Print the address only')
      .action(
        withSession<[target: string | undefined, name: string | undefined], OpenOptions>(
          cli,
          async (session, [target, name], options) => {
            const { open } = await import('./open.ts');
            await open(session, target, name, options);
          },
        ),
      ),
    [
      ['pumphouse open', 'Opens the workspace.'],
      ['pumphouse open load#12', 'Opens run 12 of the job load.'],
      ['pumphouse open pipeline shop', 'Opens the pipeline shop.'],
    ],
  );
}

function addServe(program: Command, cli: Cli): void {
  addExamples(
    program
      .command('serve')
      .argument('<script|job>', 'An interactive job, or the script of a notebook, dashboard or MCP server')
      .description('Start an app, wait until it answers, and open it in the browser')
      .option('-f, --follow', 'Follow its log; Ctrl-C leaves it running')
      .option('--no-browser', 'Print the address only')
      .option('--no-deploy', 'Start what is deployed; upload nothing')
      .option(
        '--python <version|path>',
        'Python of the runs, such as 3.12, or the interpreter that imports the code; default: that of .venv',
      )
      .action(
        withSession<[name: string], ServeOptions>(cli, async (session, [name], options) => {
          const { serve } = await import('./serve.ts');
          return serve(session, name, options);
        }),
      ),
    [
      ['pumphouse serve notebook.py', 'Uploads the folder, starts the notebook and opens it.'],
      ['pumphouse serve orders_board --no-deploy -f', 'Starts the deployed app, and follows its log.'],
    ],
  );
}

function addPublish(program: Command, cli: Cli): void {
  addExamples(
    program
      .command('publish')
      .argument('<job>', 'An interactive job')
      .description('Create a public link to an app; it revokes an earlier link')
      .option('--expires <age|time>', 'When the link expires: 12h, 7d, or 2026-12-31T18:00Z; default: never')
      .option('--password [-]', 'Require a password, which is asked for; - reads it from standard input')
      .action(
        withSession<[name: string], PublishOptions>(cli, async (session, [name], options) => {
          const { publish } = await import('./publish.ts');
          await publish(session, name, options);
        }),
      ),
    [
      ['pumphouse publish orders_board --expires 7d', 'Prints a link that is valid for a week.'],
      ['pumphouse publish orders_board --password', 'Asks for a password that visitors need.'],
    ],
  );
}

function addUnpublish(program: Command, cli: Cli): void {
  addExamples(
    program
      .command('unpublish')
      .argument('<job>', 'An interactive job')
      .description('Revoke the public link of an app, and close its open connections')
      .action(
        withSession<[name: string]>(cli, async (session, [name]) => {
          const { unpublish } = await import('./publish.ts');
          await unpublish(session, name);
        }),
      ),
    [['pumphouse unpublish orders_board', 'The link stops working at once.']],
  );
}
