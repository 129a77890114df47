import { join } from 'node:path';
import type { OperationId } from '@pumphouse/contract';
import { repositoryFolder } from '../fixtures/server.ts';

export const fieldOwnersPath = join(repositoryFolder, 'docs/operate/configuration-as-code.md');

/** A field that more than one of a file, a deploy and a user can write. */
interface OwnedField {
  field: string;
  /** Keys of an organization or of a workspace in the file. */
  file?: { organization?: string[]; workspace?: string[] };
  /** What a deploy writes it from. */
  deploy?: string;
  /** What a user writes it with: the operations, also of the console and the commands. */
  operations: OperationId[];
  owner: string;
}

const listed = 'the file, for what it lists; a plan shows a change by hand';

/** Who owns each field that more than one way can write. */
export const fieldOwners: OwnedField[] = [
  {
    field: 'description of a workspace',
    file: { workspace: ['description'] },
    deploy: 'the docstring of `__deployment__.py`',
    operations: ['create_workspace', 'update_workspace'],
    owner:
      'the file or the user that wrote one: a deploy leaves it and warns if its own differs. Without one, and with `null` in the file, the code',
  },
  {
    field: 'archiving of a workspace',
    file: { workspace: ['archived'] },
    operations: ['archive_workspace', 'unarchive_workspace'],
    owner: 'the file, if it has the workspace. A deploy to an archived one is refused',
  },
  {
    field: 'settings of an organization',
    file: { organization: ['description', 'default_workspace_role', 'limits', 'keys', 'cost_rates'] },
    operations: ['update_organization', 'set_organization_limits', 'set_cost_rates', 'delete_cost_rates'],
    owner: listed,
  },
  {
    field: 'members and their roles',
    file: { organization: ['members'], workspace: ['members'] },
    operations: [
      'create_invitation',
      'create_workspace_invitation',
      'leave_organization',
      'leave_workspace',
      'remove_organization_member',
      'remove_workspace_member',
      'revoke_invitation',
      'revoke_workspace_invitation',
      'set_organization_member_role',
      'set_workspace_member',
    ],
    owner: `${listed}. An apply never takes away the access of its caller`,
  },
  {
    field: 'variables',
    file: { workspace: ['variables', 'profiles'] },
    operations: ['update_workspace_variables'],
    owner: `${listed}. A deploy writes \`config.toml\` and \`secrets.toml\`, which are other values: a run takes the variable if both have one`,
  },
  {
    field: 'alert channels and alert rules',
    file: { workspace: ['alert_channels', 'alert_rules'] },
    operations: [
      'add_suggested_alert_rules',
      'create_alert_channel',
      'create_alert_rule',
      'delete_alert_channel',
      'delete_alert_rule',
      'mute_alert_rule',
      'replace_alert_channel_secret',
      'replace_alert_rule',
      'unmute_alert_rule',
      'update_alert_channel',
    ],
    owner: `${listed}. A rule keeps a job that a deploy archives. The user, for secrets`,
  },
  {
    field: 'event subscriptions',
    file: { workspace: ['event_subscriptions'] },
    operations: [
      'create_event_subscription',
      'delete_event_subscription',
      'replace_event_subscription_secret',
      'update_event_subscription',
    ],
    owner: `${listed}. The server disables one whose receiver fails for days`,
  },
  {
    field: 'definition of a job',
    deploy: 'the decorators in the code',
    operations: ['deploy_workspace'],
    owner: 'the code',
  },
  {
    field: 'archiving of a job',
    deploy: 'the jobs that the code has',
    operations: ['archive_job', 'unarchive_job'],
    owner:
      'the code: the next deploy restores a job that it has, and archives one that its module no longer has',
  },
  {
    field: 'pause of a job',
    deploy: 'a definition without a schedule, which ends it',
    operations: ['pause_job', 'resume_job'],
    owner: 'the user, while the job has a schedule',
  },
  {
    field: 'public link of an app',
    deploy: 'the archiving of its job, which stops the app',
    operations: ['publish_app', 'publish_job', 'unpublish_job'],
    owner: 'the user',
  },
  {
    field: 'token and signing secret of a webhook',
    deploy: 'a webhook trigger with a new path, which creates it',
    operations: ['remove_webhook_signing_secret', 'rotate_webhook_token', 'set_webhook_signing_secret'],
    owner: 'the user: deploys keep those of a path, also if the code has no trigger for it any more',
  },
  {
    field: 'latest code and configuration',
    deploy: 'the workspace folder',
    operations: [
      'issue_upload_configuration',
      'issue_upload_deployment',
      'roll_back_configuration',
      'roll_back_deployment',
      'upload_configuration',
      'upload_deployment',
    ],
    owner: 'the last of them: the next deploy replaces a rollback',
  },
  {
    field: 'message of a version',
    deploy: '`deploy -m`, for a new version',
    operations: ['set_deployment_message'],
    owner: 'the last of them',
  },
];

const begin = '<!-- owners: written by npm run docs:owners -->\n';
const end = '<!-- end of owners -->';

/** Rewrites the page's table from the declared owners; the text around it stays. */
export function writeFieldOwners(page: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${fieldOwnersPath} has lost the marks of its table`);
  return `${page.slice(0, from)}${begin}<!-- prettier-ignore -->\n${writeTable()}\n${page.slice(to)}`;
}

function writeTable(): string {
  const head = ['field', 'in the file', 'a deploy writes it from', 'who owns it'];
  const rows = [head, head.map(() => '---'), ...fieldOwners.map(describe)];
  return rows.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

function describe({ field, file = {}, deploy = '', owner }: OwnedField): string[] {
  const keys = new Set([...(file.organization ?? []), ...(file.workspace ?? [])]);
  return [field, [...keys].map((key) => `\`${key}\``).join(', '), deploy, owner];
}
