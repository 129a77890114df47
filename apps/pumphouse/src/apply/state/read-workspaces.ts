import { ApiError } from '@pumphouse/client';
import type { OrganizationWorkspaceResponse, WorkspaceAccessResponse } from '@pumphouse/contract';
import { CommandError } from '../../errors/command-error.ts';
import { exitCodes } from '../../errors/exit-codes.ts';
import { readAll } from '../../paging/read-all.ts';
import { flattenAttributes, SecretValue, type Entry } from '../entries/entry.ts';
import { describeAlertRule } from '../kinds/alert-rule.ts';
import { describeEventSubscription } from '../kinds/event-subscription.ts';
import { findOnly, type Reader } from './reader.ts';
import { wholeWorkspace, type OrganizationSelection, type WorkspaceSelection } from './selection.ts';

/** Reads the selected workspaces of an organization. Playgrounds of users are not part of a file. */
export async function readWorkspaces(
  reader: Reader,
  organization: { id: string; name: string },
  { workspaces: selected }: OrganizationSelection,
): Promise<Entry[]> {
  if (selected?.size === 0) return [];
  const params = { organization_id: organization.id };
  const all = await readAll((page) =>
    reader.client.call('list_workspaces', { params, query: { ...page, include_archived: true } }),
  );
  const shared = all.filter((workspace) => !workspace.is_playground);
  const active = shared.filter((workspace) => !workspace.archived_at);
  const names = selected ?? new Map(active.map(({ name }) => [name, wholeWorkspace]));
  const entries: Entry[] = [];
  for (const [name, selection] of names) {
    const workspace = findOnly(active, name, 'workspace') ?? findOnly(shared, name, 'workspace');
    if (workspace) entries.push(...(await readListed(reader, organization.name, workspace, selection)));
  }
  return entries;
}

/**
 * Reads a workspace of the organization. Owners of the organization see its name without a role in it.
 * @throws CommandError no_workspace_role
 */
async function readListed(...input: Parameters<typeof readWorkspace>): Promise<Entry[]> {
  try {
    return await readWorkspace(...input);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'not_found') throw error;
    const [, , { id, name }] = input;
    throw new CommandError(`You have no role in the workspace ${name}, so it cannot be read.`, {
      code: 'no_workspace_role',
      exitCode: exitCodes.refused,
      nextStep: `Ask an owner of the workspace for a role. An owner of the organization can take one: PUT /pumphouse/v1/workspaces/${id}/members/{membership_id}.`,
    });
  }
}

async function readWorkspace(
  reader: Reader,
  organization: string,
  workspace: OrganizationWorkspaceResponse,
  selection: WorkspaceSelection,
): Promise<Entry[]> {
  const { id, name } = workspace;
  const path = [organization, name];
  reader.ids.set('workspace', path, id);
  const archived = Boolean(workspace.archived_at);
  const of = { id, path };
  return [
    {
      kind: 'workspace',
      path,
      attributes: {
        archived,
        ...(selection.description && { description: await readDescription(reader, of) }),
      },
    },
    ...(selection.members ? await readWorkspaceMembers(reader, of) : []),
    ...(selection.variables ? await readVariables(reader, of) : []),
    ...(selection.alert_channels ? await readChannels(reader, of) : []),
    ...(selection.alert_rules ? await readRules(reader, of) : []),
    ...(selection.event_subscriptions ? await readSubscriptions(reader, of) : []),
  ];
}

interface Workspace {
  id: string;
  path: readonly string[];
}

/** Reads the description that a user or an apply wrote. Null: it comes from the code, with a deploy. */
async function readDescription({ client }: Reader, { id }: Workspace): Promise<string | null> {
  const settings = await client.call('get_workspace_settings', { params: { workspace_id: id } });
  return settings.keeps_description ? settings.description : null;
}

function readAccess({ client }: Reader, { id }: Workspace): Promise<WorkspaceAccessResponse[]> {
  return readAll((page) =>
    client.call('list_workspace_access', { params: { workspace_id: id }, query: page }),
  );
}

/** Reads only roles that members have themselves: default access comes from the organization, and keys are not members. */
async function readWorkspaceMembers(reader: Reader, workspace: Workspace): Promise<Entry[]> {
  const access = await readAccess(reader, workspace);
  return access.flatMap(({ kind, email, own_role: role }): Entry[] =>
    kind === 'human' && role !== null
      ? [{ kind: 'workspace_member', path: [...workspace.path, email.toLowerCase()], attributes: { role } }]
      : [],
  );
}

async function readVariables({ client }: Reader, { id, path }: Workspace): Promise<Entry[]> {
  const { scopes } = await client.call('list_workspace_variables', { params: { workspace_id: id } });
  return scopes.flatMap(({ profile, variables }) =>
    variables.map(({ name, type, value }): Entry => ({
      kind: 'variable',
      path: [...path, profile ?? '', name],
      attributes: type === 'secret' ? { secret: new SecretValue(null) } : { value: value ?? '' },
    })),
  );
}

async function readChannels(reader: Reader, workspace: Workspace): Promise<Entry[]> {
  const { client, ids } = reader;
  const { channels } = await client.call('list_alert_channels', { params: { workspace_id: workspace.id } });
  const emails = new Map<string, string>();
  // Mail channels name members by their ids.
  for (const { user_id, email } of await readAccess(reader, workspace)) {
    emails.set(user_id, email.toLowerCase());
    ids.set('user', [...workspace.path, email.toLowerCase()], user_id);
  }
  return channels.map((channel): Entry => {
    const { id, name, kind, is_enabled, host, region, recipients } = channel;
    const path = [...workspace.path, name];
    ids.set('alert_channel', path, id);
    const own = {
      kind,
      is_enabled,
      host: host ?? undefined,
      region: region ?? undefined,
      recipients: recipients && {
        group: recipients.group,
        users: recipients.user_ids.map((user) => emails.get(user) ?? user),
        addresses: recipients.addresses,
      },
    };
    const target = kind === 'pagerduty' ? 'routing_key' : 'url';
    return {
      kind: 'alert_channel',
      path,
      attributes: {
        ...flattenAttributes(recipients ? own : { ...own, recipients: undefined }, ['recipients']),
        ...(kind !== 'email' && { [target]: new SecretValue(null) }),
      },
    };
  });
}

async function readRules(reader: Reader, workspace: Workspace): Promise<Entry[]> {
  const { client, ids } = reader;
  const { id, path } = workspace;
  const params = { workspace_id: id };
  const { rules } = await client.call('list_alert_rules', { params });
  await readJobs(reader, workspace);
  return rules.map((rule): Entry => {
    ids.set('alert_rule', [...path, rule.name], rule.id);
    return { kind: 'alert_rule', path: [...path, rule.name], attributes: describeAlertRule(rule, ids) };
  });
}

async function readSubscriptions(reader: Reader, workspace: Workspace): Promise<Entry[]> {
  const { client, ids } = reader;
  const { id, path } = workspace;
  const { subscriptions } = await client.call('list_event_subscriptions', { params: { workspace_id: id } });
  await readJobs(reader, workspace);
  return subscriptions.map((subscription): Entry => {
    const of = [...path, subscription.name];
    ids.set('event_subscription', of, subscription.id);
    return {
      kind: 'event_subscription',
      path: of,
      attributes: describeEventSubscription(subscription, ids),
    };
  });
}

/** Rules and subscriptions name jobs by their refs. */
async function readJobs({ client, ids }: Reader, { id, path }: Workspace): Promise<void> {
  const jobs = await readAll((page) =>
    client.call('list_jobs', { params: { workspace_id: id }, query: page }),
  );
  for (const job of jobs) ids.set('job', [...path, job.job_ref], job.id);
}
