import type { BuiltSite } from './built-site.ts';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import MiniSearch from 'minisearch';
import { rankSearch } from '../../apps/docs/src/search-ranking.ts';

/** What people type, and the page that they look for. */
export const searches: Readonly<Record<string, string>> = {
  secrets: 'concepts/variables',
  timezone: 'concepts/scheduling',
  backfill: 'concepts/backfill',
  upgrade: 'operate/upgrades',
  'delete workspace': 'concepts/workspaces',
  'create a workspace': 'concepts/workspaces',
  schedule: 'concepts/scheduling',
  retry: 'concepts/retries',
  'run failed': 'concepts/reasons',
  alerts: 'concepts/alerts',
  slack: 'concepts/alert-channels',
  webhook: 'concepts/webhooks',
  backup: 'operate/backup',
  restore: 'operate/backup',
  'api key': 'concepts/people',
  permissions: 'concepts/people',
  'invite a user': 'concepts/people',
  password: 'operate/accounts',
  'single sign-on': 'operate/accounts',
  'environment variables': 'concepts/variables',
  'private packages': 'concepts/private-indexes',
  'schema change': 'concepts/schema-history',
  rollback: 'concepts/versions',
  concurrency: 'concepts/queueing',
  'disk full': 'operate/storage',
  retention: 'operate/storage',
  prometheus: 'operate/observability',
  kubernetes: 'operate/kubernetes-install',
  install: 'operate/install',
  lineage: 'concepts/lineage',
  airflow: 'move/airflow',
  mcp: 'concepts/mcp-server',
};

/**
 * Opens the index of a built site, with the fields and defaults of VitePress's search box.
 * @returns a function that lists the paths of the pages found, best first
 */
export async function openSearch(site: BuiltSite, base: string): Promise<(query: string) => string[]> {
  const file = [...site.files].find((path) => /@localSearchIndexroot\.[^/]+\.js$/.test(path)) ?? '';
  const { default: text } = (await import(pathToFileURL(join(site.folder, file)).href)) as {
    default: string;
  };
  const index = MiniSearch.loadJSON(text, {
    fields: ['title', 'titles', 'text'],
    storeFields: ['title', 'titles'],
  });
  return (query) =>
    index.search(query, rankSearch(base)).map(({ id }) =>
      String(id)
        .slice(base.length)
        .replace(/\.html(?:#.*)?$/, ''),
    );
}
