import { readConfig, retentionKinds } from '@pumphouse/server/operator';
import { Command, Option } from 'commander';
import { createOwner, createKey, createPasswordLink, setLimits } from './admin.ts';
import { listKeys, listMembers, removeMember, revokeKey, setAccountDisabled, setMember } from './people.ts';
import { endRun } from './end-run.ts';
import { explainFailure, type FailureSettings } from './explain-failure.ts';
import { rotateKey } from './rotate-key.ts';
import { handleLeftovers } from './leftovers.ts';
import { purgeStorage, showStorage } from './storage.ts';
import { showAuditLog } from './audit-log.ts';
import { serve } from './server.ts';
import { showMissingPrograms } from './check.ts';

const program = new Command('pumphouse')
  .description('A self-hosted runtime for dlt pipelines')
  .showSuggestionAfterError()
  .showHelpAfterError('Run bin/pumphouse --help, or the command with --help, to see what there is.')
  // Printed at any log level: a misspelled PUMPHOUSE_DATA_DIR would create a new installation elsewhere.
  .hook('preAction', () => {
    for (const warning of readConfig().warnings) process.stderr.write(`pumphouse: warning: ${warning}\n`);
  });

program
  .command('server')
  .description('Run the server; settings come from PUMPHOUSE_* variables')
  .showHelpAfterError(
    'The server has no options. Set variables, such as PUMPHOUSE_PORT; docs/operate/settings.md lists them, --help shows the commands.',
  )
  .action(serve);

program
  .command('check')
  .description('Show which programs are missing on this machine, and how to install them')
  .action(showMissingPrograms);

const admin = program
  .command('admin')
  .description(
    'Manage accounts, keys, the secret key, limits, storage, unknown runs and leftovers, and see the audit log, of the data folder (PUMPHOUSE_DATA_DIR)',
  );

admin
  .command('create-owner')
  .description('Create an account that owns an organization, or set the password of an existing account')
  .requiredOption('--email <address>', 'e-mail address of the account')
  .requiredOption('--password-stdin', 'read the password from standard input')
  .option(
    '--organization <name>',
    'organization to own, created if it does not exist (default: the only one of the server, else a new one, "Default")',
  )
  .action(createOwner);

admin
  .command('reset-password-link')
  .description('Print a link to set a new password, valid once and for an hour')
  .requiredOption('--email <address>', 'e-mail address of the account')
  .action(createPasswordLink);

admin
  .command('create-key')
  .description('Make an API key and print it, once, on standard output')
  .requiredOption('--email <address>', 'account that the key acts as, or that issues the workspace key')
  .option('--workspace <id>', 'make a workspace key, good for this workspace only')
  .addOption(
    new Option('--role <role>', 'role of a workspace key')
      .choices(['developer', 'viewer'])
      .default('developer'),
  )
  .option('--name <name>', 'what the key is for, to find it again')
  .option('--days <days>', 'how long the key is good, 365 at most', (text) => Number(text), 90)
  .action(createKey);

admin
  .command('list-keys')
  .description('Show the keys that were not revoked: whose they are, when they were used last, when they end')
  .option('--email <address>', 'only those of this account, or issued by it')
  .option('--workspace <id>', 'only those of this workspace')
  .option('--json', 'as JSON')
  .action(listKeys);

admin
  .command('revoke-key')
  .description('Revoke a key and all that was made with it; running servers refuse it within 5 seconds')
  .argument('<key>', 'its id, or its first characters as list-keys shows them')
  .action(revokeKey);

admin
  .command('list-members')
  .description('Show who belongs to an organization, and the workspaces that each was given')
  .requiredOption('--organization <name>', 'name or id of the organization')
  .option('--json', 'as JSON')
  .action(listMembers);

admin
  .command('set-member')
  .description(
    'Make an account a member or an owner of an organization, such as one whose last owner is gone',
  )
  .requiredOption('--organization <name>', 'name or id of the organization')
  .requiredOption('--email <address>', 'the account')
  .addOption(
    new Option('--role <role>', 'role in the organization').choices(['owner', 'member']).default('owner'),
  )
  .action(setMember);

admin
  .command('remove-member')
  .description('Take an account out of an organization and all its workspaces')
  .requiredOption('--organization <name>', 'name or id of the organization')
  .requiredOption('--email <address>', 'the account')
  .action(removeMember);

admin
  .command('disable-account')
  .description(
    'Switch an account off: no key, session or token of it is good; running servers follow within 5 seconds',
  )
  .requiredOption('--email <address>', 'the account')
  .action((options: { email: string }) => setAccountDisabled(options.email, true));

admin
  .command('enable-account')
  .description('Switch an account on again, with all that it held')
  .requiredOption('--email <address>', 'the account')
  .action((options: { email: string }) => setAccountDisabled(options.email, false));

admin
  .command('set-limits')
  .description('Set what the runs of an organization may take; what is left out stays as it is')
  .requiredOption('--organization <name>', 'name or id of the organization')
  .option('--concurrent-runs <number>', 'runs that are active at once, or none for no limit')
  .option('--minutes-a-month <number>', 'minutes that runs take in a month (UTC), or none for no limit')
  .action(setLimits);

admin
  .command('storage')
  .description('Show what is kept, for how long (PUMPHOUSE_RETENTION), and what goes next')
  .option('--json', 'as JSON, sizes in bytes')
  .action(showStorage);

admin
  .command('purge')
  .description(
    'Remove now what has passed its limits, or an age; never what a run needs or the last of its kind',
  )
  .addOption(new Option('--kind <kind>', 'only this kind').choices(retentionKinds))
  .option('--older-than <age>', 'an age such as 30d or 12h, in place of the limits')
  .option('--dry-run', 'only say what would go')
  .action(purgeStorage);

admin
  .command('audit-log')
  .description('Show what was changed last, by whom')
  .option('--limit <number>', 'how many changes', (text) => Number(text), 50)
  .option('--json', 'as JSON, with what was before and after')
  .action(showAuditLog);

admin
  .command('end-run')
  .description('End a run whose place no server can see; cancel any other run')
  .argument('<id>', 'id of the run')
  .action(endRun);

admin
  .command('rotate-key')
  .description('Re-encrypt all secrets under the current secret key, while servers run; safe to run again')
  .option('--new', 'only make a new key file; the old key goes to the file of other keys')
  .option('--forget', 'then remove the file of other keys, and let servers start without lost keys')
  .action(rotateKey);

admin
  .command('leftovers')
  .description('Show what the executor keeps: what nothing owns any more, and why the rest stays')
  .option('--remove', 'remove what nothing owns')
  .option('--json', 'as JSON, sizes in bytes')
  .action(handleLeftovers);

try {
  await program.parseAsync();
} catch (error) {
  // Print only the message: a stack trace would bury it.
  process.stderr.write(`pumphouse: ${explainFailure(error, readSettings())}\n`);
  process.exitCode = 1;
}

/** Null if the settings cannot be read; the error is then about them. */
function readSettings(): FailureSettings | null {
  try {
    return readConfig();
  } catch {
    return null;
  }
}
