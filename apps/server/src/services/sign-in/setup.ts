import type { AccountRecord } from '../../store/records.ts';
import type { Passwords } from './passwords.ts';
import type { Persistence } from '../../store/store.ts';
import { actAsPerson, recordChange } from '../audit/audit.ts';
import { createOwnedOrganization, readEmail } from './accounts.ts';
import { createSecret, hashSecret } from './credentials.ts';
import { linkNotGood, requireGoodPassword } from './set-password.ts';
import { accountExists } from './sign-up.ts';
import { ServiceError } from '../../platform/service-error.ts';

export interface FirstOwner {
  email: string;
  password: string;
  organization: string;
}

export type Setup = ReturnType<typeof createSetup>;

const linkHours = 24;

/**
 * Creates the first owner of a new installation, with a link for operators who can read the server's console
 * output. If several servers start concurrently, the last link is valid.
 */
export function createSetup(
  persistence: Persistence<'accounts' | 'auditLog' | 'oneTimeLinks' | 'people'>,
  passwords: Passwords,
) {
  async function requireGoodLink(token: string, { oneTimeLinks, people } = persistence.store): Promise<void> {
    if (await people.hasOwner()) throw alreadySetUp();
    const link = await oneTimeLinks.findSetupLink(hashSecret(token));
    if (!link || link.usedAt || link.expiresAt.getTime() <= Date.now()) throw linkNotGood();
  }

  return {
    /** @returns the secret of a new link; null if there is an owner already */
    async issueLink(): Promise<string | null> {
      const token = createSecret('');
      return persistence.transaction(async (store) => {
        // Check without a lock first, so that a server of a set-up installation never waits at startup.
        if (await store.people.hasOwner()) return null;
        await store.oneTimeLinks.lockSetup();
        if (await store.people.hasOwner()) return null;
        await store.oneTimeLinks.replaceSetupLink(hashSecret(token), linkHours);
        return token;
      });
    },

    isNeeded: async () => !(await persistence.store.people.hasOwner()),

    /** @throws ServiceError link_not_good or already_set_up */
    requireGoodLink: (token: string) => requireGoodLink(token),

    /** @throws ServiceError link_not_good, already_set_up, invalid_request or password_refused */
    async complete(token: string, owner: FirstOwner): Promise<AccountRecord> {
      await requireGoodLink(token);
      const email = readEmail(owner.email);
      const organization = owner.organization.trim();
      requireGoodPassword(owner.password, email);
      const passwordHash = await passwords.hash(owner.password);
      return persistence.transaction(async (store) => {
        await store.oneTimeLinks.lockSetup();
        await requireGoodLink(token, store);
        const account = await store.accounts.insert({ email, name: null, passwordHash });
        if (!account) throw accountExists(email);
        const { id: organizationId } = await createOwnedOrganization(store, account.id, organization);
        await store.oneTimeLinks.useSetupLink(hashSecret(token));
        await store.oneTimeLinks.removeUnusedSetupLinks();
        await actAsPerson({ userId: account.id, email }, () =>
          recordChange(store, {
            action: 'installation.set-up',
            organizationId,
            target: { kind: 'organization', id: organizationId, name: organization },
            before: null,
            after: { owner: email },
          }),
        );
        return account;
      });
    },
  };
}

function alreadySetUp(): ServiceError {
  return new ServiceError(
    'already_set_up',
    'This server already has an owner. Sign in, or ask an owner for an invitation.',
  );
}
