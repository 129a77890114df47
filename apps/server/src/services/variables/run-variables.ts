import type { Encryption } from '../../platform/encryption.ts';
import type { RunVariable } from '../../domain/variables/run-variable.ts';
import type { Persistence } from '../../store/store.ts';
import { findReservedVariable } from '@pumphouse/contract';
import { openVariable } from './sealed-variables.ts';

export interface ReadRunVariables {
  variables: RunVariable[];
  /** Names of stored variables that no run gets: they were set before their name was reserved. */
  leftOut: string[];
}

export type RunVariables = ReturnType<typeof createRunVariables>;

/** Reads the variables of a workspace for a run of one profile. */
export function createRunVariables({ store }: Persistence<'variables'>, encryption: Encryption) {
  /**
   * Returns the current variables of the workspace scope, overridden by those of the profile, with secrets
   * decrypted.
   * @throws Error if a secret cannot be decrypted
   */
  return async function readRunVariables(workspaceId: string, profile: string): Promise<ReadRunVariables> {
    const rows = await store.variables.listForProfile(workspaceId, profile);
    // The workspace scope comes first, so the profile overrides it.
    const effective = new Map(rows.map((row) => [row.name, row]));
    const usable = [...effective.values()].filter(({ name }) => findReservedVariable(name) === null);
    const variables = usable.map(({ name, plainValue, sealedValue, profile: scope, revision }) =>
      sealedValue === null
        ? { name, value: plainValue ?? '', isSecret: false, revision }
        : {
            name,
            value: openVariable(encryption, { workspaceId, profile: scope }, name, sealedValue),
            isSecret: true,
            revision,
          },
    );
    const leftOut = [...effective.keys()].filter((name) => findReservedVariable(name) !== null);
    return { variables, leftOut };
  };
}
