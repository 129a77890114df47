import type { PlainPublicVariable, SecretPublicVariable } from '@pumphouse/contract';
import type { VariableRecord } from '../../store/records.ts';
import { toInstant } from '../serializers/instants.ts';

/** The value of a secret is left out: a secret can be replaced and deleted, but never read. */
export function toVariable(variable: VariableRecord): PlainPublicVariable | SecretPublicVariable {
  const common = {
    name: variable.name,
    created_at: toInstant(variable.createdAt),
    created_by: variable.createdBy,
    updated_at: toInstant(variable.updatedAt),
    updated_by: variable.updatedBy,
  };
  return variable.plainValue === null
    ? { ...common, type: 'secret' }
    : { ...common, type: 'plain', value: variable.plainValue };
}
