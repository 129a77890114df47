import { ApiError, type Client } from '@pumphouse/client';
import { z } from 'zod';
import { CommandError } from '../../errors/command-error.ts';
import { exitCodes } from '../../errors/exit-codes.ts';
import type { ApplyChange } from './resource-kind.ts';

/** Attributes of a workspace in the file. */
export const workspaceShape = {
  description: z
    .string()
    .nullable()
    .optional()
    .describe('Deploys leave it unchanged; null: the docstring of __deployment__.py'),
  archived: z
    .boolean()
    .default(false)
    .describe('true archives the workspace; a workspace that is left out of the file is never archived'),
};

export const applyWorkspace: ApplyChange = async ({ client, ids }, { action, path, attributes, after }) => {
  const [organization = '', name = ''] = path;
  const description = typeof after['description'] === 'string' ? after['description'] : null;
  if (action === 'create') {
    const id = await createInRegion(client, ids.get('organization', [organization]), { name, description });
    ids.set('workspace', path, id);
    return;
  }
  const params = { workspace_id: ids.get('workspace', path) };
  const archived = attributes.find((attribute) => attribute.name === 'archived')?.after;
  if (archived === false) await client.call('unarchive_workspace', { params });
  if (attributes.some((attribute) => attribute.name === 'description'))
    await client.call('update_workspace', { params, body: { description } });
  if (archived === true) await client.call('archive_workspace', { params });
};

/** An organization gets its region with its first workspace, if there is only one to choose. */
async function createInRegion(
  client: Pick<Client, 'call'>,
  organization_id: string,
  body: { name: string; description: string | null },
): Promise<string> {
  const params = { organization_id };
  try {
    return (await client.call('create_workspace', { params, body })).id;
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'region_not_set') throw error;
  }
  const { items } = await client.call('list_dataplanes');
  const [only] = items;
  if (!only || items.length > 1) {
    throw new CommandError('The organization has not chosen where its workspaces run.', {
      code: 'region_not_set',
      exitCode: exitCodes.usage,
      nextStep:
        'Create its first workspace with pumphouse workspace create NAME --region ID. The choice is final.',
      lines: items.map(({ id, name, region }) => `${id}  ${name} (${region})`),
    });
  }
  await client.call('set_region_organization', { params, body: { dataplane_id: only.id } });
  return (await client.call('create_workspace', { params, body })).id;
}
