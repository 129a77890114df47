/** Looks at the mail server, at the place of blobs and at the events that alerts wait for. */
import type { DoctorContext, Looks } from './doctor-context.ts';
import {
  deriveAlertsFinding,
  deriveBlobsFinding,
  deriveMailFinding,
} from '../../domain/doctor/service-findings.ts';
import { describeS3 } from '../../blobs/s3/s3-settings.ts';
import { existsSync } from 'node:fs';
import { isDatabaseOpen, readInstallation } from './doctor-context.ts';
import { requireOwnPrefix } from '../../blobs/s3/prefix-owner.ts';
import { openBlobStore } from '../open-blobs.ts';
import { openMailer } from '../open-mailer.ts';
import { skipped } from '../../domain/doctor/check-result.ts';
import { tryBlobs } from '../../blobs/try-blobs.ts';

/** Shorter than the limit of a check, so that the result says more than that. */
const mailTimeoutMs = 8000;
/** Events that were dropped before are no news. */
const droppedWithinMs = 7 * 86_400_000;

export function createServiceLooks(context: DoctorContext): Looks<'mail' | 'blobs' | 'alerts'> {
  const { config, database } = context;
  return {
    async mail() {
      if (config.mail === null)
        return skipped(
          'PUMPHOUSE_SMTP_URL is not set: users get no mail, and owners send invitation links themselves.',
        );
      const { hostname, port } = config.mail.smtpUrl;
      const server = port === '' ? hostname : `${hostname}:${port}`;
      const mailer = await openMailer(config.mail);
      const timer = setTimeout(() => mailer?.close(), mailTimeoutMs);
      try {
        await mailer?.check();
        return deriveMailFinding(server, null);
      } catch (error) {
        return deriveMailFinding(server, messageOf(error));
      } finally {
        clearTimeout(timer);
        mailer?.close();
      }
    },
    async blobs() {
      const { blobs } = config;
      const place = blobs.kind === 's3' ? describeS3(blobs.settings) : blobs.path;
      // A new installation has no folder yet, and the command creates nothing.
      if (blobs.kind === 'folder' && !existsSync(blobs.path))
        return skipped(`${place} does not exist yet. The first upload creates it.`);
      try {
        const store = openBlobStore(blobs);
        const installation = await readInstallation(context);
        if (blobs.kind === 's3' && installation)
          await requireOwnPrefix(store, blobs.settings, installation.id);
        await tryBlobs(store);
        return deriveBlobsFinding(blobs.kind, place, null);
      } catch (error) {
        return deriveBlobsFinding(blobs.kind, place, messageOf(error));
      }
    },
    async alerts() {
      if (!isDatabaseOpen(database)) return skipped('The database cannot be read.');
      const { alertEvents, databaseState, installation } = database.store;
      const { pending } = await databaseState.readMigrations();
      if (pending.length > 0) return skipped('The schema is not that of this version.');
      const now = await installation.readClock();
      return deriveAlertsFinding(await alertEvents.readState(new Date(now.getTime() - droppedWithinMs)), now);
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
