/** Looks at the mail server and at the place of blobs. */
import type { DoctorContext, Looks } from './doctor-context.ts';
import { deriveBlobsFinding, deriveMailFinding } from '../../domain/doctor/service-findings.ts';
import { describeS3 } from '../../blobs/s3/s3-settings.ts';
import { existsSync } from 'node:fs';
import { readInstallation } from './doctor-context.ts';
import { requireOwnPrefix } from '../../blobs/s3/prefix-owner.ts';
import { openBlobStore } from '../open-blobs.ts';
import { openMailer } from '../open-mailer.ts';
import { skipped } from '../../domain/doctor/check-result.ts';
import { tryBlobs } from '../../blobs/try-blobs.ts';

/** Shorter than the limit of a check, so that the result says more than that. */
const mailTimeoutMs = 8000;

export function createServiceLooks(context: DoctorContext): Looks<'mail' | 'blobs'> {
  const { config } = context;
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
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
