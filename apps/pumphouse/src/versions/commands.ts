import type { Command } from 'commander';
import { addExamples } from '../program/examples.ts';
import { withSession, type Cli } from '../program/session-action.ts';
import type { DeployOptions } from './deploy-command.ts';
import type { DiffOptions } from './diff.ts';
import type { DownloadOptions } from './download-version.ts';
import type { RollbackOptions } from './roll-back.ts';
import type { VersionKind } from './find-version.ts';

const versionHelp = 'Version, such as 12, or latest; default: latest';

/** Adds `configuration`, `deployment`, `diff` and `rollback`. */
export function addVersionCommands(program: Command, cli: Cli): void {
  addHistoryCommands(
    program
      .command('configuration')
      .description('List, inspect and download deployed versions of the configuration'),
    cli,
    'configuration',
  );
  addHistoryCommands(
    program.command('deployment').description('List, inspect and download deployed versions of the code'),
    cli,
    'deployment',
  );
  addDiff(program, cli);
  addRollback(program, cli);
}

function addHistoryCommands(group: Command, cli: Cli, kind: VersionKind): void {
  addExamples(
    group
      .command('list')
      .description('List versions, the newest first')
      .option('-n, --limit <count>', 'How many versions', '20')
      .action(
        withSession<[], { limit: string }>(cli, async (session, _args, options) => {
          const { listVersions } = await import('./list-versions.ts');
          await listVersions(session, kind, options);
        }),
      ),
    [[`pumphouse ${kind} list -n 100`, 'Shows the last 100 versions, and who deployed them.']],
  );

  addExamples(
    group
      .command('info')
      .argument('[version]', versionHelp)
      .description('Show a version, and what changed in it')
      .action(
        withSession<[version: string | undefined]>(cli, async (session, [version]) => {
          const { showVersion } = await import('./show-version.ts');
          await showVersion(session, kind, version);
        }),
      ),
    [[`pumphouse ${kind} info 12`, 'Shows version 12 and its changes since version 11.']],
  );

  addExamples(
    group
      .command('download')
      .argument('[version]', versionHelp)
      .description('Download the archive of a version, or unpack it')
      .option('-o, --output <path>', 'File or folder for the archive; - writes it to standard output')
      .option('--extract <folder>', 'Unpack the files into a new or empty folder instead')
      .action(
        withSession<[version: string | undefined], DownloadOptions>(
          cli,
          async (session, [version], options) => {
            const { downloadVersion } = await import('./download-version.ts');
            await downloadVersion(session, kind, version, options);
          },
        ),
      ),
    [
      [`pumphouse ${kind} download 12 --extract shop-12`, 'Unpacks the files of version 12.'],
      [`pumphouse ${kind} download -o - | tar tz`, 'Lists the content of the latest archive.'],
    ],
  );
}

function addDiff(program: Command, cli: Cli): void {
  addExamples(
    program
      .command('diff')
      .argument('[from]', 'Version, such as 12, or latest; default: latest')
      .argument('[to]', 'Version, or folder for the workspace folder; default: latest, or folder')
      .description('Compare two versions, or the workspace folder with the latest version')
      .option('--configuration', 'Compare versions of the configuration, with secrets masked')
      .option('--files', 'List the changed files only')
      .option('--exit-code', 'Exit with 1 if there are differences')
      .action(
        withSession<[from: string | undefined, to: string | undefined], DiffOptions>(
          cli,
          async (session, [from, to], options) => {
            const { diff } = await import('./diff.ts');
            return diff(session, from, to, options);
          },
        ),
      ),
    [
      ['pumphouse diff', 'Shows what the next deploy would change.'],
      ['pumphouse diff 11', 'Shows what changed since version 11.'],
      ['pumphouse diff 3 5 --configuration', 'Compares two configurations, setting by setting.'],
    ],
  );
}

function addRollback(program: Command, cli: Cli): void {
  addExamples(
    program
      .command('rollback')
      .argument('[version]', 'Version to return to; default: the one before the latest')
      .description('Deploy the code of an older version again, as a new version')
      .option('--configuration', 'Roll back the configuration instead')
      .option('-y, --yes', 'Do not ask')
      .action(
        withSession<[version: string | undefined], RollbackOptions>(
          cli,
          async (session, [version], options) => {
            const { rollBack } = await import('./roll-back.ts');
            await rollBack(session, version, options);
          },
        ),
      ),
    [
      ['pumphouse rollback', 'Returns to the previous version, after a question.'],
      ['pumphouse rollback 11 --yes', 'Returns to version 11.'],
    ],
  );
}

/** Adds `deploy`. */
export function addDeployCommand(program: Command, cli: Cli): void {
  const deploy = program
    .command('deploy')
    .description('Upload what changed in the workspace folder, and apply its jobs')
    .option('-m, --message <text>', 'Why you deploy, shown in the lists of versions')
    .option('--dry-run', 'Show what would change; upload and change nothing')
    .option('--show-manifest', 'Print the job definitions as JSON, and do nothing else')
    .option(
      '--python <version|path>',
      'Python of the runs, such as 3.12, or the interpreter that imports __deployment__.py; default: that of .venv',
    )
    .option('--fresh', 'Import __deployment__.py even if no file has changed since the last time')
    .action(
      withSession<[], DeployOptions>(cli, async (session, _args, options) => {
        const { runDeploy } = await import('./deploy-command.ts');
        await runDeploy(session, options);
      }),
    );
  addExamples(deploy, [
    ['pumphouse deploy', 'Deploys the workspace folder.'],
    ['pumphouse deploy -m "Load orders by day"', 'Stores why the code was deployed.'],
    ['pumphouse deploy --dry-run', 'Shows which jobs would be added, updated and archived.'],
    ['pumphouse deploy --json', 'Prints the outcome as JSON, for scripts.'],
  ]);
}
