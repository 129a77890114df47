/** Parts of the audit log, each with its actions and what they say of their target: "paused" jobs.orders. */
const actionsByArea = {
  versions: {
    'workspace.deploy': 'deployed to',
    'deployment.upload': 'uploaded code,',
    'deployment.roll-back': 'rolled code back, as',
    'configuration.upload': 'uploaded a configuration,',
    'configuration.roll-back': 'rolled a configuration back, as',
  },
  jobs: {
    'job-run.start': 'started',
    'job-run.cancel': 'cancelled the run',
    'job-run.force-end': 'forced the end of the run',
    'job.pause': 'paused the job',
    'job.resume': 'resumed the job',
    'job.archive': 'archived the job',
    'job.publish': 'published the app of',
    'job.unpublish': 'took back the public link of',
    'job.unarchive': 'brought back the job',
  },
  variables: { 'variable.update': 'changed variables of the scope' },
  webhooks: {
    'webhook.rotate-token': 'made a new address of webhook:',
    'webhook.set-signing-secret': 'set the signing secret of webhook:',
    'webhook.remove-signing-secret': 'removed the signing secret of webhook:',
  },
  people: {
    'member.add': 'added to the organization',
    'member.set-role': 'set the role in the organization of',
    'member.remove': 'removed from the organization',
    'member.leave': 'left the organization:',
    'workspace-member.add': 'added to the workspace',
    'workspace-member.set-role': 'set the role in the workspace of',
    'workspace-member.remove': 'took the role in the workspace from',
    'invitation.create': 'invited',
    'invitation.accept': 'accepted the invitation for',
    'invitation.revoke': 'revoked the invitation of',
  },
  keys: { 'key.create': 'made the key', 'key.revoke': 'revoked the key' },
  places: {
    'workspace.create': 'made the workspace',
    'workspace.update': 'changed name or description of the workspace',
    'workspace.archive': 'archived the workspace',
    'workspace.unarchive': 'brought back the workspace',
    'organization.create': 'made the organization',
    'organization.update': 'changed the settings of the organization',
    'organization.set-limits': 'set the limits of the organization',
    'organization.set-region': 'chose where the workspaces run of',
    'installation.set-up': 'set up the server, for',
  },
  'sign-ins': {
    'person.create': 'made the account',
    'person.sign-in': 'signed in',
    'person.sign-in-failed': 'failed to sign in',
    'person.link-identity': 'linked a sign-in provider to',
    'person.set-password': 'set the password of',
    'person.create-password-link': 'made a password link for',
    'account.disable': 'switched off the account',
    'account.enable': 'switched on the account',
    'session.begin': 'signed in at',
    'session.revoke': 'ended a session at',
  },
  server: {
    'storage.purge': 'removed what was kept',
    'leftovers.remove': 'removed what was left over',
  },
} as const;

export type AuditArea = keyof typeof actionsByArea;

export const auditAreas: readonly { value: AuditArea; label: string }[] = [
  { value: 'versions', label: 'Deploys and versions' },
  { value: 'jobs', label: 'Jobs and runs' },
  { value: 'variables', label: 'Variables' },
  { value: 'webhooks', label: 'Webhooks' },
  { value: 'people', label: 'Members and invitations' },
  { value: 'keys', label: 'Keys' },
  { value: 'places', label: 'Workspaces and organization' },
  { value: 'sign-ins', label: 'Accounts and sign-ins' },
  { value: 'server', label: 'Storage' },
];

const verbs: Record<string, string> = Object.assign({}, ...Object.values(actionsByArea));

/** The actions of some areas; areas that there are not give none. */
export function actionsOf(areas: readonly string[]): string[] {
  return areas.flatMap((area) =>
    Object.hasOwn(actionsByArea, area) ? Object.keys(actionsByArea[area as AuditArea]) : [],
  );
}

/** What was done, before the name of what it was done to. @param action also one that a newer server may have */
export function describeAction(action: string): string {
  return verbs[action] ?? action;
}
