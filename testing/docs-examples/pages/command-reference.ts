import { join } from 'node:path';
import type { ExamplePage, ExampleSetup, Replacements } from '../example.ts';
import type { ExampleSite } from '../example-site.ts';
import { enter } from '../example.ts';
import { writeFiles } from '../../fixtures/command.ts';
import { alerts, events } from './message-examples.ts';
import { deployAgain } from './deploy-again.ts';
import { people, takeRoleAgain } from './people-examples.ts';
import { backfills } from './backfill-examples.ts';
import { awaitNoRuns, startLoad } from './runs-of-load.ts';

const signIn = 'Signs in on a page of the server: testing/e2e/command/sign-in.test.ts does so.';

/** A run of load that has ended, in place of run 12. */
async function endedRun(site: ExampleSite): Promise<Replacements> {
  return { 'load 12': `load ${await startLoad(site)}`, 'load#12': `load#${await startLoad(site)}` };
}

/** Two runs of load, in place of runs 12 and 10. */
async function twoRuns(site: ExampleSite): Promise<Replacements> {
  const before = await startLoad(site);
  return { 'load 12 10': `load ${await startLoad(site)} ${before}`, 'load 12': `load ${before}` };
}

/** A folder with a workspace of its own. */
async function openFolder(
  site: ExampleSite,
  name: string,
  files: Record<string, string> = {},
): Promise<void> {
  const folder = join(site.parentFolder, name);
  await writeFiles(folder, { '.dlt/.workspace': '', '.dlt/config.toml': '', ...files });
  await site.run(`pumphouse workspace create ${name} --organization Default`, { folder: name });
}

const ownFolder = (name: string): ExampleSetup => ({
  folder: name,
  prepare: (site) => openFolder(site, name),
});

const gettingStarted: Record<string, ExampleSetup> = {
  'npx pumphouse --help': {
    notRun: 'Installs from npm: testing/e2e/command/package.slow.test.ts does so.',
  },
  'pumphouse init shop': {
    folder: 'begun',
    prepare: (site) => writeFiles(join(site.parentFolder, 'begun'), { '.gitignore': '' }),
  },
  'pumphouse login --device': { notRun: signIn },
  'pumphouse logout': { notRun: signIn },
};

const runs: Record<string, ExampleSetup> = {
  // One start after the other.
  'pumphouse launch pipeline.py -f': {
    prepare: async () => ({ 'load --refresh': 'load --refresh --wait' }),
  },
  'pumphouse status --watch --json': { notRun: 'Ends with Ctrl-C only: walk-steps.ts does so.' },
  'pumphouse run info load 12': { prepare: endedRun },
  'pumphouse run logs load -f': { prepare: endedRun },
  'pumphouse logs load -f\n\n': { prepare: endedRun },
  'pumphouse run cancel load 12': {
    async prepare(site) {
      return { 'load 12': `load ${await startLoad(site, { isHeld: true })}` };
    },
  },
  'pumphouse run compare load 12': { prepare: twoRuns },
  'pumphouse run retry load 12': { prepare: endedRun },
};

const jobs: Record<string, ExampleSetup> = {
  'pumphouse schedule load': { folder: 'created' },
  'pumphouse trigger tag:nightly': {
    prepare: async () => ({ 'tag:nightly': 'tag:nightly --refresh', '--dry-run': '--dry-run --refresh' }),
  },
  'pumphouse job create load.py': {
    folder: 'created',
    prepare: (site) =>
      openFolder(site, 'created', {
        'requirements.txt': 'dlt[duckdb]==1.31.0\n',
        'load.py': 'print("loaded")\n',
        'etl/load.py': 'print("loaded")\n',
      }),
  },
};

const versions: Record<string, ExampleSetup> = {
  'pumphouse diff 3 5 --configuration': {
    async prepare(site) {
      await deployAgain(site);
      return { 'diff 11': 'diff 1', 'diff 3 5': 'diff 1 2' };
    },
  },
  'pumphouse configuration info 12': { prepare: async () => ({ '12': '1' }) },
  'pumphouse configuration download 12': { prepare: async () => ({ 'download 12': 'download 1' }) },
  'pumphouse deployment info 12': { prepare: async () => ({ '12': '1' }) },
  'pumphouse deployment download 12': {
    prepare: async () => ({ 'download 12': 'download 1', 'shop-12': 'shop-12-code' }),
  },
  'pumphouse data reset': { answers: [['A copy is kept for a day', 'y']] },
  'pumphouse rollback 11': {
    prepare: async () => ({ 'rollback 11': 'rollback 2' }),
    answers: [['as a new version?', 'y']],
  },
};

const apps: Record<string, ExampleSetup> = {
  'pumphouse publish orders_board': { answers: [['Password for visitors', `swordfish${enter}`]] },
  'pumphouse serve notebook.py': { interruptAfter: 'serves', codes: [130] },
};

const pipelines: Record<string, ExampleSetup> = {
  'pumphouse pipeline pending': { prepare: leavePackages, shows: /shop/ },
  'pumphouse pipeline drop shop': { prepare: leavePackages },
};

/** A run that dies leaves a load package. */
async function leavePackages(site: ExampleSite): Promise<void> {
  await awaitNoRuns(site);
  await site.start('pumphouse launch dies --no-deploy --wait').result;
}

const workspaces: Record<string, ExampleSetup> = {
  'pumphouse workspace create shop\n': {
    folder: 'second',
    async prepare(site) {
      await openFolder(site, 'second');
      await site.server.client.call('create_organization', { body: { name: 'Data team' } });
      return { 'create shop': 'create shop-of-two' };
    },
  },
  'pumphouse workspace switch\n': {
    folder: 'second',
    prepare: (site) =>
      site
        .run('pumphouse workspace create shop-staging --no-connect --organization Default')
        .then(() => undefined),
    answers: [['Connect this folder to which workspace?', enter]],
  },
  'pumphouse workspace rename shop-eu\n': {
    folder: 'second',
    async prepare(site) {
      await site.run('pumphouse workspace create shop-us --no-connect --organization Default');
      return { '--workspace shop': '--workspace shop-us', 'rename shop-eu --': 'rename shop-us-east --' };
    },
  },
  'pumphouse workspace archive shop-old': ownFolder('shop-old'),
};

const variables: Record<string, ExampleSetup> = {
  'pumphouse variable set SHOP__REGION': { answers: [['Value of API_TOKEN', `swordfish${enter}`]] },
  'pumphouse variable delete SHOP__REGION': {
    async prepare(site) {
      await site.run('pumphouse variable set OLD_TOKEN old --profile prod');
    },
  },
};

/** The file refers to the secrets of the workspace as variables of the environment. */
const exportSecrets = `for name in $(grep -o 'env:[A-Z0-9_]*' pumphouse.yaml | cut -d: -f2)
do export "$name=https://hooks.slack.com/services/T1"
done`;

const files: Record<string, ExampleSetup> = {
  'pumphouse plan -f pumphouse.yaml': {
    async prepare(site) {
      await takeRoleAgain(site);
      await site.run('mkdir team && pumphouse export > team/pumphouse.yaml && cp team/pumphouse.yaml .');
    },
  },
  'pumphouse apply -f pumphouse.yaml': {
    async prepare(site) {
      await site.run('sed -i "s/max_days: 30/max_days: 60/" pumphouse.yaml');
    },
    before: exportSecrets,
    answers: [['Make ', 'y']],
  },
  'pumphouse completion bash': {
    before: 'mkdir -p ~/.zfunc ~/.config/fish/completions; fpath=(~/.zfunc ~/.zfunc)',
  },
};

export const commandReference: ExamplePage = {
  path: 'docs/reference/cli.md',
  async prepare(site) {
    await site.run('pumphouse launch pipeline.py --wait');
  },
  setups: {
    ...gettingStarted,
    ...runs,
    ...jobs,
    ...backfills,
    ...versions,
    ...apps,
    ...pipelines,
    ...workspaces,
    ...alerts,
    ...events,
    ...variables,
    ...people,
    ...files,
  },
};
