import { Option, type Command } from 'commander';
import { addExamples } from '../program/examples.ts';
import { withSession, type Cli } from '../program/session-action.ts';
import type { CreateKeyOptions } from './create-key.ts';
import type { ListKeysOptions } from './list-keys.ts';

/** Adds `key`. */
export function addKeyCommands(program: Command, cli: Cli): void {
  const key = program.command('key').description('Create and revoke keys for scripts and CI');

  addExamples(
    key
      .command('list')
      .description('List your personal keys and those of the workspace')
      .addOption(new Option('--personal', 'List personal keys only').conflicts('workspaceKeys'))
      .option('--workspace-keys', 'List keys of the workspace only')
      .action(
        withSession<[], ListKeysOptions>(cli, async (session, _args, options) => {
          const { listKeys } = await import('./list-keys.ts');
          await listKeys(session, options);
        }),
      ),
    [
      ['pumphouse key list', 'Shows when each key expires and was last used.'],
      ['pumphouse key list --workspace-keys', 'Shows the keys of CI and other programs.'],
    ],
  );

  addExamples(
    key
      .command('create')
      .description('Create a key and print its secret, once')
      .option('--name <name>', 'What the key is for; default: the name of this machine')
      .option('--workspace-key', 'A key of the workspace, with a role and without your account')
      .addOption(
        new Option('--role <role>', 'Role of a workspace key; default: developer').choices([
          'developer',
          'viewer',
        ]),
      )
      .option('--days <number>', 'Days until it expires, 1 to 365; default: 90')
      .action(
        withSession<[], CreateKeyOptions>(cli, async (session, _args, options) => {
          const { createKey } = await import('./create-key.ts');
          await createKey(session, options);
        }),
      ),
    [
      ['pumphouse key create --workspace-key --name CI', 'A key that can deploy and start jobs here.'],
      [
        'pumphouse key create --days 7 | gh secret set PUMPHOUSE_KEY',
        'Only the secret goes to standard output.',
      ],
    ],
  );

  addExamples(
    key
      .command('revoke')
      .argument('<key>', 'Id, prefix or name of the key')
      .description('Revoke a key, and every key and token that was created with it')
      .option('-y, --yes', 'Do not ask')
      .action(
        withSession<[key: string], { yes?: boolean }>(cli, async (session, [name], options) => {
          const { revokeKey } = await import('./revoke-key.ts');
          await revokeKey(session, name, options);
        }),
      ),
    [['pumphouse key revoke dlt_sa_Ab12Cd --yes', 'Revokes the key with that prefix.']],
  );
}
