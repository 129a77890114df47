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

/** The variables of a workspace as a run of one profile gets them. */
export function createRunVariables({ store }: Persistence, encryption: Encryption) {
  /**
   * Those of the workspace scope, and over them those of the profile, with secrets opened, as they are at this moment.
   * @throws Error when a secret cannot be opened
   */
  return async function readRunVariables(workspaceId: string, profile: string): Promise<ReadRunVariables> {
    const rows = await store.variables.listForProfile(workspaceId, profile);
    // The workspace scope comes first: what the profile sets takes its place.
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
