/** Pages with commands of users and operators. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExamplePage, Replacements } from '../example.ts';
import type { ExampleSite } from '../example-site.ts';
import { ownerEmail } from '../../fixtures/server.ts';
import { enter } from '../example.ts';
import { ensureChannel, openIncident } from './message-examples.ts';
import { endBackfills } from './backfill-examples.ts';

const settings = 'Settings of a server: testing/house/docs.test.ts checks their names.';

const users: readonly ExamplePage[] = [
  {
    path: 'docs/concepts/alerts.md',
    async prepare(site) {
      await ensureChannel(site);
      // The command reference may have created a rule of that name.
      await site.start('pumphouse alert rules delete slow --yes').result;
      return openIncident(site);
    },
    setups: {},
  },
  {
    path: 'docs/concepts/backfill.md',
    prepare: endBackfills,
    setups: { 'pumphouse backfill invalidate': { prepare: endBackfills } },
  },
  {
    path: 'docs/concepts/events.md',
    setups: {
      'pumphouse events create warehouse': {
        prepare: removeSubscription,
        answers: [['URL', `RECEIVER_URL${enter}`]],
      },
    },
  },
  {
    path: 'docs/concepts/variables.md',
    setups: {
      'dlthub variable set DESTINATION__POSTGRES': {
        async prepare() {
          return { 'dlthub variable set DESTINATION': 'echo swordfish | dlthub variable set DESTINATION' };
        },
        answers: [['[y/', `y${enter}`]],
      },
    },
  },
  {
    path: 'docs/operate/ci.md',
    setups: {
      // A key that another key creates ends no later.
      'pumphouse key create': { prepare: async () => ({ '--days 365': '--days 30' }) },
      // A scheduled job that has loaded everything until today has nothing to do.
      'pumphouse launch load --no-deploy': {
        prepare: async () => ({ 'launch load': 'launch load --refresh' }),
      },
    },
  },
  {
    path: 'docs/operate/configuration-as-code.md',
    prepare: async () => ({ Shop: 'Default' }),
    setups: {},
  },
];

/** The example creates its own, which sends to the receiver of the tests. */
async function removeSubscription(site: ExampleSite): Promise<Replacements> {
  await site.start('pumphouse events delete warehouse --yes').result;
  return { RECEIVER_URL: `${site.receiver.url}/events` };
}

const operators: readonly ExamplePage[] = [
  {
    path: 'docs/operate/accounts.md',
    // The command reference has created several organizations.
    prepare: async () => ({
      'them@example.com': ownerEmail,
      $PASSWORD: 'a long test password',
      'create-owner': 'create-owner --organization Default',
    }),
    setups: { PUMPHOUSE_OIDC_ISSUER: { notRun: settings } },
  },
  {
    path: 'docs/operate/doctor.md',
    prepare: async (site) => ({
      '/var/lib/pumphouse': site.server.dataDir,
      $RUNTIME__API_KEY: site.server.key,
      'NAME --email YOU@EXAMPLE.COM': `Default --email ${ownerEmail}`,
    }),
    setups: {
      'systemd-run': { notRun: 'Needs systemd: testing/packages/debian-package.release.test.ts does so.' },
    },
  },
  { path: 'docs/operate/limits.md', setups: {} },
  { path: 'docs/operate/orphaned-resources.md', setups: {} },
  {
    path: 'docs/operate/settings.md',
    async prepare(site) {
      const file = join(site.parentFolder, 'pumphouse.toml');
      await writeFile(file, '[server]\nport = 8081\n', { mode: 0o600 });
      return { FILE: file };
    },
    setups: {},
  },
  {
    path: 'docs/operate/storage.md',
    setups: { PUMPHOUSE_RETENTION: { notRun: settings } },
  },
  {
    path: 'docs/operate/upgrades.md',
    setups: {
      'bin/pumphouse upgrade-database': {
        notRun:
          'Upgrades the database of a server: testing/e2e/backup/upgrade-database.release.test.ts does so.',
      },
    },
  },
];

export const otherPages: readonly ExamplePage[] = [...users, ...operators];
