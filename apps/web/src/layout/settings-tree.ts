/** Settings pages of a workspace, its organization and the account, in their display order. */
export const workspacePages = [
  { to: '/w/$workspaceId/settings', word: 'General' },
  { to: '/w/$workspaceId/settings/members', word: 'Members' },
  { to: '/w/$workspaceId/settings/variables', word: 'Variables' },
  { to: '/w/$workspaceId/settings/keys', word: 'Keys' },
  { to: '/w/$workspaceId/settings/webhooks', word: 'Webhooks' },
  { to: '/w/$workspaceId/settings/usage', word: 'Usage' },
  { to: '/w/$workspaceId/settings/audit-log', word: 'Audit log' },
] as const;

export const organizationPages = [
  { to: '/organizations/$organizationId', word: 'Workspaces' },
  { to: '/organizations/$organizationId/members', word: 'Members' },
  { to: '/organizations/$organizationId/usage', word: 'Usage and limits' },
  { to: '/organizations/$organizationId/storage', word: 'Storage' },
  { to: '/organizations/$organizationId/audit-log', word: 'Audit log' },
  { to: '/organizations/$organizationId/settings', word: 'Settings' },
] as const;

export const accountPages = [{ to: '/account', word: 'Keys and sessions' }] as const;
