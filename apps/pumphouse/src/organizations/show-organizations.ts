import { orNull } from '../http/or-null.ts';
import type { Session } from '../session/session.ts';
import { formatDetails } from '../terminal/details.ts';
import { formatBytes, formatCount, formatInstant, formatRelative } from '../terminal/format.ts';
import { formatTable } from '../terminal/table.ts';
import { findOrganization, listOrganizations } from './find-organization.ts';
import { formatKeyLifetime, formatLimit } from './organization-limits.ts';

/** Lists the caller's organizations with the caller's role. */
export async function listOwnOrganizations(session: Session): Promise<void> {
  const { client, terminal } = session;
  const organizations = await Promise.all(
    (await listOrganizations(session)).map(async (organization) => {
      const me = await client.call('get_organization_me', { params: { organization_id: organization.id } });
      return { ...organization, role: me.role, workspace_count: me.workspace_memberships?.length ?? 0 };
    }),
  );
  session.show(organizations, () => {
    if (organizations.length === 0) return 'You have no organizations. Create one: pumphouse org create NAME';
    return formatTable(
      organizations,
      [
        { title: 'ORGANIZATION', text: ({ name }) => name },
        { title: 'ROLE', text: ({ role }) => role },
        {
          title: 'YOUR WORKSPACES',
          text: ({ workspace_count }) => formatCount(workspace_count),
          isNumber: true,
        },
        { title: 'CREATED', text: ({ created_at }) => formatRelative(created_at), dropOrder: 2 },
        { title: 'ID', text: ({ id }) => id, dropOrder: 1 },
      ],
      { width: terminal.width, title: (text) => terminal.tone('strong', text) },
    );
  });
}

/** Shows an organization; limits and storage only to members who may see them. */
export async function showOrganization(session: Session, name: string | undefined): Promise<void> {
  const { client, terminal } = session;
  const { id } = await findOrganization(session, name);
  const params = { organization_id: id };
  const [settings, me, limits, storage] = await Promise.all([
    client.call('get_organization_settings', { params }),
    client.call('get_organization_me', { params }),
    orNull([403], client.call('get_organization_limits', { params })),
    orNull([403], client.call('get_organization_storage', { params })),
  ]);
  const stored = storage?.kinds.reduce((total, { bytes }) => total + (bytes ?? 0), 0);
  session.show({ ...settings, role: me.role, limits, storage }, () =>
    formatDetails(terminal, [
      ['Organization', terminal.tone('strong', settings.name)],
      ['Description', settings.description],
      ['Your role', me.role],
      ['Default access', settings.default_workspace_role ?? 'none: members need a role in a workspace'],
      ['Concurrent runs', limits && formatLimit(limits.concurrent_runs)],
      ['Minutes a month', limits && formatLimit(limits.minutes_a_month)],
      ['Key lifetime', formatKeyLifetime(settings.max_key_days)],
      ['Stored', stored === undefined ? null : formatBytes(stored)],
      ['Region', settings.dataplane_id ?? 'not chosen yet'],
      ['Created', formatInstant(settings.created_at)],
      ['Id', settings.id],
    ]),
  );
}
