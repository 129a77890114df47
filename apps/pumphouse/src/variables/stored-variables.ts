import type { ScopeVariablesResponse } from '@pumphouse/contract';
import type { Session } from '../session/session.ts';

type ApiVariable = ScopeVariablesResponse['variables'][number];

/** A variable with its scope; the profile is null for all runs of the workspace. */
export type StoredVariable = { profile: string | null } & ApiVariable;

/** Reads all variables of the workspace: those of the workspace scope first, then by profile and name. */
export async function readVariables(session: Session): Promise<StoredVariable[]> {
  const params = { workspace_id: await session.workspaceId() };
  const { scopes } = await session.client.call('list_workspace_variables', { params });
  return scopes
    .flatMap(({ profile, variables }) => variables.map((variable) => ({ profile, ...variable })))
    .toSorted(
      (left, right) =>
        (left.profile ?? '').localeCompare(right.profile ?? '') || left.name.localeCompare(right.name),
    );
}

/** Reads the variables of one scope, by name. */
export async function readScope(
  session: Session,
  profile: string | undefined,
): Promise<Map<string, StoredVariable>> {
  const variables = await readVariables(session);
  return new Map(
    variables
      .filter((variable) => variable.profile === (profile ?? null))
      .map((variable) => [variable.name, variable]),
  );
}

/** The scope as text. */
export function describeScope(profile: string | undefined): string {
  return profile === undefined ? 'all runs of the workspace' : `runs of profile ${profile}`;
}

/** Whether a name is one that people give to secrets. */
export function isSecretName(name: string): boolean {
  return /(?:^|_)(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|CREDENTIALS)(?:$|_)/i.test(
    name,
  );
}
