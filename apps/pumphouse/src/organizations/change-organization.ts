import { report } from '../session/report.ts';
import type { Session } from '../session/session.ts';
import { findOrganization } from './find-organization.ts';

/** Creates an organization that the caller owns. */
export async function createOrganization(
  session: Session,
  name: string,
  { description }: { description?: string },
): Promise<void> {
  const body = { name, ...(description !== undefined && { description }) };
  const organization = await session.client.call('create_organization', { body });
  report(
    session,
    organization,
    `Created organization ${session.terminal.tone('strong', organization.name)}.\n` +
      `Next: pumphouse workspace create NAME --organization ${JSON.stringify(organization.name)}`,
  );
}

export interface RenameOptions {
  organization?: string;
  description?: string;
}

/** Renames an organization. */
export async function renameOrganization(
  session: Session,
  name: string,
  { organization, description }: RenameOptions,
): Promise<void> {
  const before = await findOrganization(session, organization);
  const after = await session.client.call('update_organization', {
    params: { organization_id: before.id },
    body: { name, ...(description !== undefined && { description }) },
  });
  report(session, after, `Renamed ${before.name} to ${session.terminal.tone('strong', after.name)}.`);
}
