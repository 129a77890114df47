import { z } from 'zod';
import { namedEnum, openEnum, requestObject, responseObject, timestamp, uuid } from '../primitives.ts';

export const plainPublicVariable = responseObject('PlainPublicVariable', {
  created_at: timestamp,
  created_by: uuid,
  name: z.string(),
  type: z.literal('plain'),
  updated_at: timestamp,
  updated_by: uuid,
  value: z.string(),
});
export type PlainPublicVariable = z.output<typeof plainPublicVariable>;

export const plainVariableUpsert = requestObject('PlainVariableUpsert', {
  name: z.string(),
  type: z.literal('plain'),
  value: z.string(),
});
export type PlainVariableUpsert = z.output<typeof plainVariableUpsert>;

export const secretPublicVariable = responseObject('SecretPublicVariable', {
  created_at: timestamp,
  created_by: uuid,
  name: z.string(),
  type: z.literal('secret'),
  updated_at: timestamp,
  updated_by: uuid,
  value: z.string().nullish(),
});
export type SecretPublicVariable = z.output<typeof secretPublicVariable>;

export const scopeVariablesResponse = responseObject('ScopeVariablesResponse', {
  profile: z.string().nullable(),
  variables: z.array(z.union([plainPublicVariable, secretPublicVariable])),
});
export type ScopeVariablesResponse = z.output<typeof scopeVariablesResponse>;

export const secretVariableUpsert = requestObject('SecretVariableUpsert', {
  name: z.string(),
  type: z.literal('secret'),
  value: z.string(),
});
export type SecretVariableUpsert = z.output<typeof secretVariableUpsert>;

export const updateWorkspaceVariablesRequest = requestObject('UpdateWorkspaceVariablesRequest', {
  profile: z.string().nullable(),
  deletes: z.array(z.string()).optional(),
  upserts: z.array(z.union([plainVariableUpsert, secretVariableUpsert])).optional(),
});
export type UpdateWorkspaceVariablesRequest = z.output<typeof updateWorkspaceVariablesRequest>;

export const variableChangeResultStatus = namedEnum('VariableChangeResultStatusType0', [
  'not_found',
  'removed',
  'upserted',
]);
export type VariableChangeResultStatus = z.output<typeof variableChangeResultStatus>;

export const variableChangeResult = responseObject('VariableChangeResult', {
  name: z.string(),
  status: openEnum(variableChangeResultStatus),
});
export type VariableChangeResult = z.output<typeof variableChangeResult>;

export const updatedVariablesResponse = responseObject('UpdatedVariablesResponse', {
  results: z.array(variableChangeResult),
});
export type UpdatedVariablesResponse = z.output<typeof updatedVariablesResponse>;

export const workspaceVariablesResponse = responseObject('WorkspaceVariablesResponse', {
  scopes: z.array(scopeVariablesResponse),
});
export type WorkspaceVariablesResponse = z.output<typeof workspaceVariablesResponse>;
