/** Audit actions by area, with the text that precedes the target: "paused the job" jobs.orders. */
const actionsByArea = {
  versions: {
    'workspace.deploy': 'deployed to',
    'deployment.upload': 'uploaded code,',
    'deployment.build-manifest': 'listed the jobs of code,',
    'deployment.set-message': 'changed the message of code,',
    'deployment.roll-back': 'rolled back code, creating',
    'configuration.upload': 'uploaded a configuration,',
    'configuration.download': 'downloaded the configuration,',
    'configuration.roll-back': 'rolled back a configuration, creating',
  },
  jobs: {
    'job-run.start': 'started',
    'job-run.cancel': 'cancelled the run',
    'job-run.force-end': 'force-ended the run',
    'local-data.download': 'downloaded local data of profile',
    'local-data.reset': 'reset the local data of profile',
    'local-data.restore': 'restored the local data of profile',
    'pending-packages.drop': 'dropped the pending load packages of pipeline',
    'job.pause': 'paused the job',
    'job.resume': 'resumed the job',
    'job.archive': 'archived the job',
    'job.publish': 'published the app of',
    'job.unpublish': 'unpublished the app of',
    'job.unarchive': 'restored the job',
  },
  variables: { 'variable.update': 'changed variables in the scope' },
  webhooks: {
    'webhook.rotate-token': 'rotated the URL of webhook:',
    'webhook.set-signing-secret': 'set the signing secret of webhook:',
    'webhook.remove-signing-secret': 'removed the signing secret of webhook:',
  },
  alerts: {
    'saved-view.create': 'saved the view',
    'saved-view.update': 'changed the saved view',
    'saved-view.delete': 'deleted the saved view',
    'alert-rule.create': 'created the alert rule',
    'alert-rule.add-suggested': 'added the suggested alert rules to',
    'alert-rule.update': 'changed the alert rule',
    'alert-rule.delete': 'deleted the alert rule',
    'alert-rule.mute': 'muted the alert rule',
    'alert-rule.unmute': 'unmuted the alert rule',
    'alert-incident.acknowledge': 'acknowledged the incident',
    'alert-incident.snooze': 'snoozed the incident',
    'alert-incident.resolve': 'resolved the incident',
    'job.mute-alerts': 'muted alerts about',
    'job.unmute-alerts': 'unmuted alerts about',
    'alert-channel.create': 'created the alert channel',
    'alert-channel.update': 'changed the alert channel',
    'alert-channel.delete': 'deleted the alert channel',
    'alert-channel.replace-secret': 'replaced the signing secret of the alert channel',
    'alert-channel.test': 'tested the alert channel',
    'alert-channel.send-again': 'sent an alert again through',
    'alert-channel.disable': 'disabled, after rejected messages, the alert channel',
    'event-subscription.create': 'created the event subscription',
    'event-subscription.update': 'changed the event subscription',
    'event-subscription.delete': 'deleted the event subscription',
    'event-subscription.replace-secret': 'replaced the signing secret of the event subscription',
    'event-subscription.test': 'tested the event subscription',
    'event-subscription.redeliver': 'sent an event again to',
    'event-subscription.disable': 'disabled, because its receiver failed, the event subscription',
  },
  people: {
    'member.add': 'added to the organization',
    'member.set-role': 'set the organization role of',
    'member.remove': 'removed from the organization',
    'member.leave': 'left the organization:',
    'workspace-member.add': 'added to the workspace',
    'workspace-member.set-role': 'set the workspace role of',
    'workspace-member.remove': 'removed from the workspace',
    'invitation.create': 'invited',
    'invitation.accept': 'accepted the invitation for',
    'invitation.revoke': 'revoked the invitation for',
  },
  backfills: {
    'backfill.create': 'created a backfill of',
    'backfill.change': 'changed a backfill of',
    'backfill.pause': 'paused a backfill of',
    'backfill.resume': 'resumed a backfill of',
    'backfill.cancel': 'cancelled a backfill of',
    'backfill.retry': 'retried windows of a backfill of',
    'backfill.skip': 'skipped windows of a backfill of',
    'job.invalidate-windows': 'invalidated windows of',
  },
  keys: { 'key.create': 'created the key', 'key.revoke': 'revoked the key' },
  workers: {
    'worker.create': 'created the worker',
    'worker.replace-token': 'created a new token for the worker',
    'worker.pause': 'paused the worker',
    'worker.drain': 'drained the worker',
    'worker.resume': 'resumed the worker',
    'worker.remove': 'removed the worker',
  },
  places: {
    'workspace.create': 'created the workspace',
    'workspace.update': 'changed name or description of the workspace',
    'workspace.archive': 'archived the workspace',
    'workspace.unarchive': 'restored the workspace',
    'organization.create': 'created the organization',
    'organization.update': 'changed the settings of the organization',
    'organization.set-limits': 'set the limits of the organization',
    'organization.set-cost-rates': 'set the cost rates of the organization',
    'organization.remove-cost-rates': 'removed cost rates of the organization',
    'organization.set-region': 'set the region of',
    'installation.set-up': 'set up the server for',
  },
  'sign-ins': {
    'person.create': 'created the account',
    'person.sign-in': 'signed in',
    'person.sign-in-failed': 'failed to sign in',
    'person.link-identity': 'linked a sign-in provider to',
    'person.set-password': 'set the password of',
    'person.create-password-link': 'created a password link for',
    'account.disable': 'disabled the account',
    'account.enable': 'enabled the account',
    'session.begin': 'signed in to',
    'session.revoke': 'ended a session of',
  },
  server: {
    'storage.purge': 'deleted expired data',
    'storage.move': 'copied packages, logs and telemetry to another location',
    'leftovers.remove': 'deleted orphaned resources',
    'installation.restore': 'restored the server from the backup',
  },
} as const;

export type AuditArea = keyof typeof actionsByArea;

export const auditAreas: readonly { value: AuditArea; label: string }[] = [
  { value: 'versions', label: 'Deployments and configurations' },
  { value: 'jobs', label: 'Jobs and runs' },
  { value: 'backfills', label: 'Backfills' },
  { value: 'variables', label: 'Variables' },
  { value: 'webhooks', label: 'Webhooks' },
  { value: 'alerts', label: 'Alerts' },
  { value: 'people', label: 'Members and invitations' },
  { value: 'keys', label: 'Keys' },
  { value: 'workers', label: 'Workers' },
  { value: 'places', label: 'Workspaces and organization' },
  { value: 'sign-ins', label: 'Accounts and sign-ins' },
  { value: 'server', label: 'Storage and backups' },
];

const verbs: Record<string, string> = Object.assign({}, ...Object.values(actionsByArea));

/** The actions of these areas. Unknown areas are ignored. */
export function actionsOf(areas: readonly string[]): string[] {
  return areas.filter(isAuditArea).flatMap((area) => Object.keys(actionsByArea[area]));
}

const isAuditArea = (area: string): area is AuditArea => Object.hasOwn(actionsByArea, area);

/**
 * Text that precedes the target's name. @param action may be an action of a newer server that this console
 * does not know
 */
export function describeAction(action: string): string {
  return verbs[action] ?? action;
}
