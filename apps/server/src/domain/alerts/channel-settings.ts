import { z } from 'zod';

export const maxChannels = 50;
export const maxRecipients = 50;

const recipients = z.object({
  /** Members with a role in the workspace: its owners, or all of them. */
  group: z.enum(['owners', 'members']).nullable(),
  /** Chosen members, who get mail only while they are members of the workspace. */
  userIds: z.array(z.string()),
  addresses: z.array(z.string()),
});

/** Whom a mail channel writes to. */
export type MailRecipients = z.output<typeof recipients>;

const settings = z.object({
  /** The host of the address, which may be shown; the address itself is a secret. */
  host: z.string().nullable().default(null),
  /** The service region of PagerDuty. */
  region: z.enum(['us', 'eu']).nullable().default(null),
  recipients: recipients.nullable().default(null),
});

/** The settings of a channel that are not secret. */
export type ChannelSettings = z.output<typeof settings>;

/** @throws if a row contains other settings, which only another release can have written */
export function parseChannelSettings(stored: object): ChannelSettings {
  return settings.parse(stored);
}

/** Selects the members that a mail channel writes to, and adds its addresses. Each address occurs once. */
export function selectAddresses(
  { group, userIds, addresses }: MailRecipients,
  members: readonly { userId: string; email: string; role: string }[],
): string[] {
  const chosen = members.filter(
    ({ userId, role }) =>
      group === 'members' || (group === 'owners' && role === 'owner') || userIds.includes(userId),
  );
  const byKey = new Map(
    [...chosen.map(({ email }) => email), ...addresses].map((address) => [address.toLowerCase(), address]),
  );
  return [...byKey.values()].slice(0, maxRecipients);
}
