import { publicLinkContext, type AddressedApp, type AppAddresses } from './app-addresses.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { GivePort } from './give-port.ts';
import type { JobRecord, PublicationRecord } from '../../store/records.ts';
import type { Passwords } from '../sign-in/passwords.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { createSecret, hashSecret } from '../sign-in/credentials.ts';
import { recordChange } from '../audit/audit.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** A public link as shown to members who may publish. */
export interface PublicLink {
  url: string;
  expiresAt: Date | null;
  hasPassword: boolean;
  createdAt: Date;
}

export interface PublishOptions {
  /** Null: valid until revoked. */
  expiresAt: Date | null;
  /** Null: the link requires no password. */
  password: string | null;
}

export interface PublishAppDependencies {
  persistence: Persistence<'appPorts' | 'apps' | 'auditLog' | 'jobs'>;
  encryption: Encryption;
  passwords: Passwords;
  addresses: AppAddresses;
  givePort: GivePort;
  /** Called after a commit that revoked access. */
  onLinkRevoked: () => void;
}

export type PublishApp = ReturnType<typeof createPublishApp>;

/**
 * Publishes an app at an address that works for anyone who has it, and revokes it. Each publication creates a
 * new address and revokes the previous one.
 */
export function createPublishApp(dependencies: PublishAppDependencies) {
  const { persistence, encryption, passwords, addresses, givePort, onLinkRevoked } = dependencies;

  function toLink(job: AddressedApp, publication: PublicationRecord): PublicLink {
    return {
      url: addresses.publicUrlOf({ ...job, sealedPublicLink: publication.sealedSecret }),
      expiresAt: publication.expiresAt,
      hasPassword: publication.passwordHash !== null,
      createdAt: publication.createdAt,
    };
  }

  /** @throws ServiceError not_found, not_interactive, job_archived */
  async function lockApp(
    store: Pick<Store, 'jobs'>,
    scope: { workspaceId: string; jobId: string },
  ): Promise<JobRecord> {
    const [job] = await store.jobs.lock([scope.jobId]);
    if (job?.workspaceId !== scope.workspaceId)
      throw new ServiceError('not_found', `There is no job ${scope.jobId}.`);
    requireInteractive(job);
    return job;
  }

  return {
    toLink,

    /** @throws ServiceError not_found, not_interactive, job_archived, no_app_port_left */
    async publish(
      scope: { workspaceId: string; jobId: string; membershipId: string },
      { expiresAt, password }: PublishOptions,
    ): Promise<{ job: JobRecord; link: PublicLink }> {
      const passwordHash = password === null ? null : await passwords.hash(password);
      const published = await persistence.transaction(async (store) => {
        const locked = await lockApp(store, scope);
        if (locked.isArchived)
          throw new ServiceError(
            'job_archived',
            `The job ${locked.jobRef} is archived; restore it before you publish it.`,
          );
        const job = await givePort(store, locked);
        await store.apps.endPublication(job.id);
        const secret = createSecret('');
        const publication = await store.apps.addPublication({
          jobId: job.id,
          secretHash: hashSecret(secret),
          sealedSecret: encryption.encrypt(Buffer.from(secret), publicLinkContext(job.id)),
          passwordHash,
          expiresAt,
          createdBy: scope.membershipId,
        });
        await recordChange(store, {
          workspaceId: job.workspaceId,
          action: 'job.publish',
          target: { kind: 'job', id: job.id, name: job.jobRef },
          before: null,
          after: { expires_at: expiresAt?.toISOString() ?? null, has_password: passwordHash !== null },
        });
        return { job, link: toLink(job, publication) };
      });
      onLinkRevoked();
      return published;
    },

    /**
     * Does nothing for an app without a public link.
     * @throws ServiceError not_found, not_interactive
     */
    async unpublish(scope: { workspaceId: string; jobId: string }): Promise<JobRecord> {
      const job = await persistence.transaction(async (store) => {
        const locked = await lockApp(store, scope);
        if (await store.apps.endPublication(locked.id)) {
          await recordChange(store, {
            workspaceId: locked.workspaceId,
            action: 'job.unpublish',
            target: { kind: 'job', id: locked.id, name: locked.jobRef },
            before: null,
            after: null,
          });
        }
        return locked;
      });
      onLinkRevoked();
      return job;
    },
  };
}

function isInteractive({ jobType }: Pick<JobRecord, 'jobType'>): boolean {
  return jobType === 'interactive';
}

/** @throws ServiceError not_interactive */
export function requireInteractive(job: Pick<JobRecord, 'jobType' | 'jobRef'>): void {
  if (isInteractive(job)) return;
  throw new ServiceError(
    'not_interactive',
    `The job ${job.jobRef} is not interactive. Only interactive jobs have an address.`,
  );
}
