import { z } from 'zod';
import { alertChannelSchema } from '../kinds/alert-channel.ts';
import { alertRuleSchema } from '../kinds/alert-rule.ts';
import { eventSubscriptionSchema } from '../kinds/event-subscription.ts';
import { costRatesSchema, organizationShape } from '../kinds/organization.ts';
import { membersSchema, workspaceMembersSchema } from '../kinds/people.ts';
import { variablesSchema } from '../kinds/variable.ts';
import { workspaceShape } from '../kinds/workspace.ts';

const name = z.string().regex(/^\S(.*\S)?$/u, 'must not be empty, or begin or end with a space');
const day = z.iso.date();

/** An exhaustive section must be in the file, so that no section is emptied by mistake. */
function requireSections(
  value: object & { exhaustive?: string[] | undefined },
  context: z.core.$RefinementCtx,
): void {
  for (const [index, section] of (value.exhaustive ?? []).entries()) {
    if (section in value) continue;
    const message = `names ${section}, which the file does not have. To remove all of them, write ${section}: {}`;
    context.addIssue({ code: 'custom', path: ['exhaustive', index], message });
  }
}

const exhaustiveOf = <const Names extends readonly [string, ...string[]]>(names: Names) =>
  z.array(z.enum(names)).optional().describe('Sections that are complete: what they do not list is removed');

const workspace = z
  .strictObject({
    ...workspaceShape,
    members: workspaceMembersSchema.optional(),
    variables: variablesSchema.optional(),
    profiles: z
      .record(name, z.strictObject({ variables: variablesSchema }))
      .optional()
      .describe('Variables of profiles'),
    alert_channels: z.record(name, alertChannelSchema).optional(),
    alert_rules: z.record(name, alertRuleSchema).optional(),
    event_subscriptions: z.record(name, eventSubscriptionSchema).optional(),
    exhaustive: exhaustiveOf([
      'members',
      'variables',
      'alert_channels',
      'alert_rules',
      'event_subscriptions',
    ]),
  })
  .superRefine(requireSections);

const organization = z
  .strictObject({
    ...organizationShape,
    cost_rates: z.record(day, costRatesSchema).optional().describe('Prices of sizes by their first day'),
    members: membersSchema.optional(),
    workspaces: z.record(name, workspace).optional(),
    exhaustive: exhaustiveOf(['members', 'cost_rates']),
  })
  .superRefine(requireSections);

/** What the files of `pumphouse apply` describe. What is left out of them stays as it is. */
export const applyFileSchema = z.strictObject({
  version: z.literal(1).describe('Version of the format'),
  organizations: z.record(name, organization).default({}),
});
export type ApplyFile = z.output<typeof applyFileSchema>;
export type OrganizationSection = ApplyFile['organizations'][string];
export type WorkspaceSection = NonNullable<OrganizationSection['workspaces']>[string];

/** The JSON Schema of the file, for editors. */
export function createJsonSchema(): object {
  const schema = z.toJSONSchema(applyFileSchema, { io: 'input', unrepresentable: 'any' });
  return { ...schema, title: 'File of pumphouse plan and pumphouse apply' };
}
