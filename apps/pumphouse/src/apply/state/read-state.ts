import type { OrganizationResponse } from '@pumphouse/contract';
import { readAll } from '../../paging/read-all.ts';
import { flattenAttributes, type Entry } from '../entries/entry.ts';
import { createIds, type Ids } from '../kinds/ids.ts';
import { organizationMaps } from '../kinds/organization.ts';
import { readPeople } from './read-people.ts';
import { readWorkspaces } from './read-workspaces.ts';
import { findOnly, type Reader } from './reader.ts';
import type { OrganizationSelection } from './selection.ts';

/** The resources of a server in the format of the file. */
export interface ServerState {
  entries: Entry[];
  ids: Ids;
  /** The e-mail address of the caller. */
  caller: string;
}

/**
 * Reads the selected sections of organizations, by their names. Organizations that do not exist have no entries.
 * @throws CommandError organization_name_ambiguous, workspace_name_ambiguous; errors of the API
 */
export async function readState(
  client: Reader['client'],
  selections: ReadonlyMap<string, OrganizationSelection>,
): Promise<ServerState> {
  const ids = createIds();
  const me = await client.call('get_me');
  const organizations = await readAll((page) => client.call('list_organizations', { query: page }));
  const entries: Entry[] = [];
  for (const [name, selection] of selections) {
    const organization = findOnly(organizations, name, 'organization');
    if (organization) entries.push(...(await readOrganization({ client, ids }, organization, selection)));
  }
  return { entries, ids, caller: me.email.toLowerCase() };
}

async function readOrganization(
  reader: Reader,
  { id, name }: OrganizationResponse,
  selection: OrganizationSelection,
): Promise<Entry[]> {
  const { client, ids } = reader;
  const params = { organization_id: id };
  ids.set('organization', [name], id);
  const settings = await client.call('get_organization_settings', { params });
  const limits = selection.limits ? await client.call('get_organization_limits', { params }) : undefined;
  const { description, default_workspace_role, max_key_days } = settings;
  const own = {
    description,
    default_workspace_role,
    limits: limits && { concurrent_runs: limits.concurrent_runs, minutes_a_month: limits.minutes_a_month },
    keys: { max_days: max_key_days },
  };
  return [
    { kind: 'organization', path: [name], attributes: flattenAttributes(own, organizationMaps) },
    ...(selection.cost_rates ? await readCostRates(reader, id, name) : []),
    ...(selection.people ? await readPeople(reader, id, name) : []),
    ...(await readWorkspaces(reader, { id, name }, selection)),
  ];
}

async function readCostRates({ client }: Reader, organization_id: string, name: string): Promise<Entry[]> {
  const { rates } = await client.call('get_cost_rates', { params: { organization_id } });
  return rates.map(({ starts_on, currency, hourly_prices }) => ({
    kind: 'cost_rates',
    path: [name, starts_on],
    attributes: flattenAttributes({ currency, hourly_prices }, ['hourly_prices']),
  }));
}
