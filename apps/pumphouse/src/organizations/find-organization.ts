import type { OrganizationResponse } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { readAll } from '../paging/read-all.ts';
import type { Session } from '../session/session.ts';
import { findSimilar } from '../terminal/find-similar.ts';

/** Reads the organizations of the caller, ordered by name. */
export async function listOrganizations({ client }: Session): Promise<OrganizationResponse[]> {
  const organizations = await readAll((page) => client.call('list_organizations', { query: page }));
  return organizations.toSorted((left, right) => left.name.localeCompare(right.name));
}

/**
 * Finds an organization by its name or id; without one, that of the workspace folder, or the caller's only one.
 * @throws CommandError organization_not_found, organization_name_ambiguous, no_organization
 */
export async function findOrganization(session: Session, named?: string): Promise<OrganizationResponse> {
  const organizations = await listOrganizations(session);
  return chooseOrganization(organizations, named, session.folder?.organizationId);
}

/** The pure part of `findOrganization`. */
export function chooseOrganization<Candidate extends { id: string; name: string }>(
  organizations: readonly Candidate[],
  named: string | undefined,
  folderOrganizationId: string | undefined,
): Candidate {
  if (named !== undefined) return findNamed(organizations, named);
  const ofFolder = organizations.find(({ id }) => id === folderOrganizationId);
  if (ofFolder) return ofFolder;
  const [only] = organizations;
  if (only && organizations.length === 1) return only;
  throw new CommandError('No organization is chosen.', {
    code: 'no_organization',
    exitCode: exitCodes.usage,
    nextStep:
      organizations.length === 0
        ? 'Create one: pumphouse org create NAME.'
        : 'Name it: --organization NAME, or as the argument of an org command.',
    lines: organizations.map(({ name }) => name),
  });
}

function findNamed<Candidate extends { id: string; name: string }>(
  organizations: readonly Candidate[],
  named: string,
): Candidate {
  const found = organizations.filter(({ id, name }) => id === named || name === named);
  const [only] = found;
  if (only && found.length === 1) return only;
  if (found.length > 1) {
    throw new CommandError(`Several of your organizations are called ${named}.`, {
      code: 'organization_name_ambiguous',
      exitCode: exitCodes.usage,
      nextStep: 'Use the id instead of the name.',
      lines: found.map(({ id }) => id),
    });
  }
  const similar = findSimilar(
    named,
    organizations.map(({ name }) => name),
  );
  throw new CommandError(`You have no organization called ${named}.`, {
    code: 'organization_not_found',
    exitCode: exitCodes.notFound,
    nextStep:
      similar === undefined
        ? 'pumphouse org list shows your organizations.'
        : `Did you mean ${JSON.stringify(similar)}?`,
  });
}
