import type { Command } from 'commander';
import { addExamples } from '../program/examples.ts';
import { withSession, type Cli } from '../program/session-action.ts';
import type { CreateWorkspaceOptions } from './create-workspace.ts';

/** Adds `workspace`. */
export function addWorkspaceCommands(program: Command, cli: Cli): void {
  const workspace = program.command('workspace').description('Create, choose and change workspaces');

  addExamples(
    workspace
      .command('list')
      .description('List your workspaces, with what runs and what fails in them')
      .option('--archived', 'List archived workspaces too')
      .action(
        withSession<[], { archived?: boolean }>(cli, async (session, _args, options) => {
          const { listWorkspaces } = await import('./list-workspaces.ts');
          await listWorkspaces(session, options);
        }),
      ),
    [
      ['pumphouse workspace list', 'Marks the workspace of the current folder with *.'],
      ['pumphouse workspace list --archived --json', 'All of them, as JSON.'],
    ],
  );

  addExamples(
    workspace
      .command('create')
      .argument('<name>', 'Name of the new workspace')
      .description('Create a workspace, and connect the workspace folder to it')
      .option('--organization <name|id>', 'Its organization; default: that of the folder, or your only one')
      .option('--description <text>', 'A description')
      .option('--region <id>', 'Where the workspaces of a new organization run')
      .option('--no-connect', 'Leave the folder connected as it is')
      .action(
        withSession<[name: string], CreateWorkspaceOptions>(cli, async (session, [name], options) => {
          const { createWorkspace } = await import('./create-workspace.ts');
          await createWorkspace(session, name, options);
        }),
      ),
    [
      ['pumphouse workspace create shop', 'Creates the workspace and connects this folder to it.'],
      [
        'pumphouse workspace create shop --organization "Data team" --no-connect',
        'Creates it elsewhere, and changes no file.',
      ],
    ],
  );

  addExamples(
    workspace
      .command('switch')
      .argument('[workspace]', 'Name or id; asked for on a terminal')
      .description('Connect the workspace folder to another workspace')
      .action(
        withSession<[name: string | undefined]>(cli, async (session, [name]) => {
          const { switchWorkspace } = await import('./switch-workspace.ts');
          await switchWorkspace(session, name);
        }),
      ),
    [
      ['pumphouse workspace switch', 'Shows your workspaces to choose from.'],
      ['pumphouse workspace switch shop-staging', 'Writes workspace_id into .dlt/config.toml.'],
    ],
  );

  addExamples(
    workspace
      .command('info')
      .argument('[workspace]', 'Name or id; default: the workspace of the folder')
      .description('Show a workspace: your role, its jobs and its latest versions')
      .action(
        withSession<[name: string | undefined]>(cli, async (session, [name]) => {
          const { showWorkspace } = await import('./show-workspace.ts');
          await showWorkspace(session, name);
        }),
      ),
    [['pumphouse workspace info', 'Shows the workspace of the current folder.']],
  );

  addChangeCommands(workspace, cli);
}

function addChangeCommands(workspace: Command, cli: Cli): void {
  addExamples(
    workspace
      .command('rename')
      .argument('<new-name>', 'The new name')
      .description('Rename the workspace of the folder, or of --workspace')
      .option(
        '--description <text>',
        'A new description as well, which deploys leave unchanged; "": the one in the code',
      )
      .action(
        withSession<[name: string], { description?: string }>(cli, async (session, [name], options) => {
          const { renameWorkspace } = await import('./change-workspace.ts');
          await renameWorkspace(session, name, options);
        }),
      ),
    [
      ['pumphouse workspace rename shop-eu', 'Renames the workspace of this folder.'],
      ['pumphouse workspace rename shop-eu --workspace shop', 'Renames the workspace shop.'],
    ],
  );

  addExamples(
    workspace
      .command('archive')
      .argument('[workspace]', 'Name or id; default: the workspace of the folder')
      .description('Archive a workspace: nothing in it starts or changes until it is restored')
      .option('-y, --yes', 'Do not ask')
      .action(
        withSession<[name: string | undefined], { yes?: boolean }>(cli, async (session, [name], options) => {
          const { archiveWorkspace } = await import('./change-workspace.ts');
          await archiveWorkspace(session, name, options);
        }),
      ),
    [['pumphouse workspace archive shop-old --yes', 'Archives it without a question.']],
  );

  addExamples(
    workspace
      .command('unarchive')
      .argument('[workspace]', 'Name or id; default: the workspace of the folder')
      .description('Restore an archived workspace')
      .action(
        withSession<[name: string | undefined]>(cli, async (session, [name]) => {
          const { unarchiveWorkspace } = await import('./change-workspace.ts');
          await unarchiveWorkspace(session, name);
        }),
      ),
    [['pumphouse workspace unarchive shop-old', 'Its jobs and schedules work again.']],
  );
}
