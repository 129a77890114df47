import { updateWorkspaceVariablesRequest } from '@pumphouse/contract';
import { z } from 'zod';
import { secretReference } from '../file/secret-reference.ts';
import { SecretValue, type Attributes } from '../entries/entry.ts';
import type { ApplyChange } from './resource-kind.ts';

const variableSchema = z.union([z.string(), z.strictObject({ secret: secretReference })]);

/** Variables by name: a text, or `secret` with a reference. */
export const variablesSchema = z.record(z.string(), variableSchema);

/** The attributes of a variable in the file. */
export function readVariable(variable: z.output<typeof variableSchema>): Attributes {
  return typeof variable === 'string' ? { value: variable } : { secret: new SecretValue(variable.secret) };
}

export const applyVariable: ApplyChange = async ({ client, ids, secretOf }, { action, path, attributes }) => {
  const [organization = '', workspace = '', profile = '', name = ''] = path;
  const params = { workspace_id: ids.get('workspace', [organization, workspace]) };
  const wanted = attributes[0]?.after;
  const body = updateWorkspaceVariablesRequest.parse({
    profile: profile === '' ? null : profile,
    ...(action === 'remove'
      ? { deletes: [name] }
      : {
          upserts: [
            wanted instanceof SecretValue
              ? { name, type: 'secret', value: secretOf(wanted.reference ?? '') }
              : { name, type: 'plain', value: wanted },
          ],
        }),
  });
  await client.call('update_workspace_variables', { params, body });
};
