import type { Encryption } from './encryption.ts';
import type { RunVariable } from '../domain/run-variable.ts';
import type { Persistence } from '../store/store.ts';
import { openVariable } from './sealed-variables.ts';

export type RunVariables = ReturnType<typeof createRunVariables>;

/** The variables of a workspace as a run of one profile gets them. */
export function createRunVariables({ store }: Persistence, encryption: Encryption) {
  /**
   * Those of the workspace scope, and over them those of the profile, with secrets opened, as they are at this moment.
   * @throws Error when a secret cannot be opened
   */
  return async function readRunVariables(workspaceId: string, profile: string): Promise<RunVariable[]> {
    const rows = await store.variables.listForProfile(workspaceId, profile);
    // The workspace scope comes first: what the profile sets takes its place.
    const effective = new Map(rows.map((row) => [row.name, row]));
    return [...effective.values()].map(({ name, plainValue, sealedValue, profile: scope, revision }) =>
      sealedValue === null
        ? { name, value: plainValue ?? '', isSecret: false, revision }
        : {
            name,
            value: openVariable(encryption, { workspaceId, profile: scope }, name, sealedValue),
            isSecret: true,
            revision,
          },
    );
  };
}
