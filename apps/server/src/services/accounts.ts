import type { Persistence, Store } from '../store/store.ts';
import { argon2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { dataplaneId } from './dataplane.ts';
import { recordChange } from './audit.ts';
import { ServiceError } from './service-error.ts';

export type Accounts = ReturnType<typeof createAccounts>;

const shortestPassword = 8;

/** What an operator does on the command line: the first account, and accounts that are switched off. */
export function createAccounts(persistence: Persistence) {
  async function findUser(store: Store, email: string) {
    const user = await store.people.findUserByEmail(email);
    if (!user)
      throw new ServiceError(
        'not_found',
        `There is no account ${email}. Make one with: pumphouse admin create-owner --email ${email} --password-stdin`,
      );
    return user;
  }

  return {
    /** An account that owns an organization. The same e-mail again sets a new password and makes no second organization. */
    async createOwner(owner: { email: string; password: string; organization: string }) {
      const email = owner.email.trim();
      if (!/^[^@\s]+@[^@\s]+$/.test(email))
        throw new ServiceError('invalid_request', `"${owner.email}" is no e-mail address.`);
      if (owner.password.length < shortestPassword) {
        throw new ServiceError(
          'invalid_request',
          `The password has to have at least ${shortestPassword} characters.`,
        );
      }
      const passwordHash = await hashPassword(owner.password);
      return persistence.transaction(async (store) => {
        const known = await store.people.findUserByEmail(email);
        if (known) {
          await store.people.setPasswordHash(known.id, passwordHash);
          return { userId: known.id, created: false };
        }
        const user = await store.people.createUser({ email, kind: 'human', passwordHash });
        const organization = await store.people.createOrganization({ name: owner.organization, dataplaneId });
        await store.people.addMember(organization.id, user.id, 'owner');
        return { userId: user.id, created: true };
      });
    },

    /**
     * Switches an account off, at once: no key, session or token of it is good any more. Switched on again, they are good as before.
     * @returns whether it was the last owner of an organization that could still act, by name
     */
    async setDisabled(email: string, isDisabled: boolean): Promise<{ orphaned: string[] }> {
      return persistence.transaction(async (store) => {
        const user = await findUser(store, email);
        const before = { disabled: user.disabledAt !== null };
        await store.people.setDisabled(user.id, isDisabled);
        await recordChange(store, {
          action: isDisabled ? 'account.disable' : 'account.enable',
          target: { kind: 'account', id: user.id, name: user.email },
          before,
          after: { disabled: isDisabled },
        });
        const orphaned: string[] = [];
        for (const { id, membershipId, name, role } of await store.people.listMembershipsOf(user.id))
          if (isDisabled && role === 'owner' && !(await store.members.hasOtherOwner(id, membershipId)))
            orphaned.push(name);
        return { orphaned };
      });
    },
  };
}

const deriveArgon2 = promisify(argon2);

/** argon2id with the parameters of RFC 9106's second recommendation (64 MiB, 3 passes, 4 lanes), as a PHC string. */
async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16);
  const settings = { memory: 64 * 1024, passes: 3, parallelism: 4 };
  const hash = await deriveArgon2('argon2id', { message: password, nonce, tagLength: 32, ...settings });
  const encode = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
  return `$argon2id$v=19$m=${settings.memory},t=${settings.passes},p=${settings.parallelism}$${encode(nonce)}$${encode(hash)}`;
}
