import { Command, Option } from 'commander';
import { addExamples } from '../program/examples.ts';
import { withSession, type Cli } from '../program/session-action.ts';
import type { LoginOptions } from './login.ts';

/** Adds `login`, `logout` and `whoami`. */
export function addSignInCommands(program: Command, cli: Cli): void {
  const login = program
    .command('login')
    .description('Sign in to a server; dlthub and pumphouse share the login')
    .addOption(new Option('--device', 'Show a code to enter in a browser on any machine').conflicts('key'))
    .option('--key <key>', 'Use a key instead of a login; - reads it from standard input')
    .option('--name <name>', 'Name of the server for --server; default: its host name')
    .option('--resume <code>', 'Continue a sign-in with --device after you approved it')
    .action(async (_options: LoginOptions, command: Command) => {
      const { login } = await import('./login.ts');
      await login(cli.owner, command.optsWithGlobals());
    });
  addExamples(login, [
    ['pumphouse login --server https://pumphouse.example.com', 'Opens the browser and signs in.'],
    ['pumphouse login --device', 'Shows a code, for example over SSH.'],
    ['printf %s "$KEY" | pumphouse login --key -', 'Stores a key; it appears in no list of processes.'],
  ]);

  const logout = program
    .command('logout')
    .description('End the session at the server and forget the login')
    .action(
      withSession(cli, async (session) => {
        const { logout } = await import('./logout.ts');
        await logout(session);
      }),
    );
  addExamples(logout, [['pumphouse logout', 'Ends the session; dlthub is signed out too.']]);

  const whoami = program
    .command('whoami')
    .description('Show the server, the account, and your organizations and workspaces')
    .action(
      withSession(cli, async (session) => {
        const { showAccount } = await import('./whoami.ts');
        await showAccount(session);
      }),
    );
  addExamples(whoami, [
    ['pumphouse whoami', 'Shows who you are, and your roles.'],
    ['pumphouse whoami --json', 'The same as JSON.'],
  ]);
}
