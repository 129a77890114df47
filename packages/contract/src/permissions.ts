/** Every permission that an operation can ask for, with what it allows. */
export const permissions = {
  public: 'Nothing is asked for: signing in and its preliminaries',
  'account.read': "Read one's own account and memberships",
  'dataplane.list': 'List the places where workspaces can run',
  'organization.list': 'List the organizations that the caller belongs to',
  'organization.read': 'Read an organization and the own membership in it',
  'organization.set-region': 'Choose, once, where the workspaces of an organization run',
  'organization-limits.read': 'Read what the runs of an organization may take',
  'organization-limits.update': 'Set what the runs of an organization may take',
  'organization-usage.read': 'Read what the runs of an organization took',
  'workspace.list': 'List the workspaces of an organization',
  'workspace.create': 'Create a workspace in an organization',
  'workspace.read': 'Read a workspace and the own membership in it',
  'workspace.update': 'Change the name and description of a workspace',
  'workspace.archive': 'Archive a workspace and bring it back',
  'workspace.deploy': 'Reconcile the jobs of a workspace with a manifest',
  'workspace-usage.read': 'Read what the runs of a workspace took',
  'workspace-member.list': 'List the members of a workspace',
  'dataplane-token.issue': 'Get a short token for the logs, telemetry, files and variables of a workspace',
  'deployment.read': 'Read deployments and the names of their files',
  'deployment.upload': 'Upload a deployment',
  'deployment.compare': 'See the text that changed in the files of two deployments',
  'deployment.roll-back': 'Make an older deployment the latest again, as a new version',
  'configuration.read': 'Read configurations and the names of their files, never their contents',
  'configuration.upload': 'Upload a configuration',
  'configuration.compare': 'See the settings that changed between two configurations, secret values masked',
  'configuration.roll-back': 'Make an older configuration the latest again, as a new version',
  'job.read': 'Read jobs',
  'job.archive': 'Archive a job and bring it back',
  'job.pause': 'Pause and resume the schedule of a job',
  'job.publish': 'Give an interactive job a public address and take it back',
  'job-run.read': 'Read job runs',
  'job-run.read-input': 'Read what a webhook gave to a job run',
  'job-run.start': 'Start job runs',
  'job-run.cancel': 'Cancel job runs',
  'log.read': 'Read the log of a job run',
  'telemetry.read': 'Read pipeline runs, results and statistics',
  'webhook.read': 'Read the secret addresses at which other systems start jobs',
  'webhook.update': 'Change the addresses of webhooks, and the secrets that deliveries are signed with',
  'variable.read': 'Read the variables of a workspace; secret values are never given',
  'variable.update': 'Set and delete the variables of a workspace',
} as const;

/** The name of a permission. */
export type Permission = keyof typeof permissions;

/** Every permission's name. */
export const permissionNames = Object.keys(permissions) as Permission[];
