/** Settings pages of a workspace, its organization and the account, in their display order. */
const workspacePages = [
  { to: '/w/$workspaceId/settings', label: 'General' },
  { to: '/w/$workspaceId/settings/members', label: 'Members' },
  { to: '/w/$workspaceId/settings/variables', label: 'Variables' },
  { to: '/w/$workspaceId/settings/keys', label: 'Keys' },
  { to: '/w/$workspaceId/settings/webhooks', label: 'Webhooks' },
  { to: '/w/$workspaceId/settings/events', label: 'Events' },
  { to: '/w/$workspaceId/settings/data', label: 'Local data' },
  { to: '/w/$workspaceId/settings/usage', label: 'Usage' },
  { to: '/w/$workspaceId/settings/cost', label: 'Cost' },
  { to: '/w/$workspaceId/settings/audit-log', label: 'Audit log' },
] as const;

const organizationPages = [
  { to: '/organizations/$organizationId', label: 'Workspaces' },
  { to: '/organizations/$organizationId/members', label: 'Members' },
  { to: '/organizations/$organizationId/usage', label: 'Usage and limits' },
  { to: '/organizations/$organizationId/cost', label: 'Cost' },
  { to: '/organizations/$organizationId/storage', label: 'Storage' },
  { to: '/organizations/$organizationId/workers', label: 'Workers' },
  { to: '/organizations/$organizationId/audit-log', label: 'Audit log' },
  { to: '/organizations/$organizationId/settings', label: 'Settings' },
] as const;

const accountPages = [{ to: '/account', label: 'Keys and sessions' }] as const;

const installationPages = [{ to: '/system', label: 'System' }] as const;

export const linkWorkspacePages = (workspaceId: string) =>
  workspacePages.map(({ to, label }) => ({ label, link: { to, params: { workspaceId } } }));

export const linkOrganizationPages = (organizationId: string) =>
  organizationPages.map(({ to, label }) => ({ label, link: { to, params: { organizationId } } }));

export const linkAccountPages = () => accountPages.map(({ to, label }) => ({ label, link: { to } }));

export const linkInstallationPages = () =>
  installationPages.map(({ to, label }) => ({ label, link: { to } }));

/** A settings page with the options of a link to it. */
export type SettingsPage = ReturnType<
  | typeof linkWorkspacePages
  | typeof linkOrganizationPages
  | typeof linkAccountPages
  | typeof linkInstallationPages
>[number];
