import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { BlobNotFoundError, type BlobStore } from '../../blobs/blob-store.ts';
import { archivePartKey, maxArchiveParts } from '../../domain/environments/environment-archive.ts';
import type { ArchiveUpload } from '../../executors/contract/environment-builder.ts';
import { createAttemptSeal, type AttemptSeal } from '../../platform/attempt-seal.ts';
import type { Encryption } from '../../platform/encryption.ts';
import { ServiceError } from '../../platform/service-error.ts';
import type { Persistence } from '../../store/store.ts';
import { createSecret } from '../sign-in/credentials.ts';

/** Longer than any build takes. */
const ticketMs = 24 * 3_600_000;

const ticketSchema = z.object({ key: z.string(), secret: z.string(), expiresAt: z.number() });

export interface EnvironmentArchivesDependencies {
  persistence: Persistence<'environments'>;
  encryption: Encryption;
  blobs: BlobStore;
}

/** A build that proved itself. */
export interface ArchiveBuild {
  seal: AttemptSeal;
  archiveId: string;
  /** The environment that it may write. */
  key: string;
}

export type EnvironmentArchives = ReturnType<typeof createEnvironmentArchives>;

/** Stores the archives of environments that builds send, and hands them out to attempts. */
export function createEnvironmentArchives({
  persistence,
  encryption,
  blobs,
}: EnvironmentArchivesDependencies) {
  const { environments } = persistence.store;

  return {
    /**
     * Lets one build store one environment. The ticket contains the build's secret for the servers, encrypted: any of
     * them takes the parts, and none keeps anything about uploads.
     */
    planUpload(key: string, url: string): ArchiveUpload {
      const id = randomUUID();
      const secret = createSecret('dlt_b_');
      const ticket = JSON.stringify({ key, secret, expiresAt: Date.now() + ticketMs });
      return {
        id,
        url,
        secret,
        ticket: encryption.encrypt(Buffer.from(ticket), ticketContext(id)).toString('base64url'),
      };
    },

    /** Null for a ticket that is not one, or is too old. */
    openUpload(archiveId: string, ticket: string): ArchiveBuild | null {
      const opened = openTicket(archiveId, ticket);
      if (opened === null || opened.expiresAt < Date.now()) return null;
      return { seal: createAttemptSeal(opened.secret, archiveId), archiveId, key: opened.key };
    },

    /**
     * Stores a part, again if it is repeated. Parts of an environment that is never completed are removed after a day.
     * @throws ServiceError archive_closed, invalid_request
     */
    async storePart(
      { archiveId, key }: Pick<ArchiveBuild, 'archiveId' | 'key'>,
      number: number,
      part: Buffer,
    ) {
      if (number >= maxArchiveParts)
        throw new ServiceError('invalid_request', 'The environment is larger than 8 GiB, the limit.');
      const blobKey = archivePartKey(archiveId, number);
      if (!(await environments.reserveArchivePart(key, blobKey)))
        throw new ServiceError('archive_closed', 'This environment is not being built any more.');
      await blobs.put(blobKey, part);
      return {};
    },

    /** @throws ServiceError attempt_closed, not_found */
    async openPart(attemptId: string, number: number): Promise<Readable> {
      const found = await environments.findArchiveOfAttempt(attemptId);
      if (found?.isClosed === true) throw new ServiceError('attempt_closed', 'This attempt has ended.');
      const archive = found?.archive ?? null;
      if (archive === null || number >= archive.parts)
        throw new ServiceError('not_found', 'The environment of the attempt has no such part.');
      try {
        return await blobs.openRead(archivePartKey(archive.id, number));
      } catch (error) {
        if (!(error instanceof BlobNotFoundError)) throw error;
        throw new ServiceError('not_found', 'A part of the environment is missing in the blob store.');
      }
    },
  };

  function openTicket(archiveId: string, ticket: string) {
    try {
      const text = encryption.decrypt(Buffer.from(ticket, 'base64url'), ticketContext(archiveId)).toString();
      return ticketSchema.parse(JSON.parse(text));
    } catch {
      // Altered, of another archive, or encrypted with a key that no server has any more.
      return null;
    }
  }
}

function ticketContext(archiveId: string): string {
  return `upload of environment archive ${archiveId}`;
}
