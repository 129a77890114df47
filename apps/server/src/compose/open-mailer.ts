import type { Mailer, MailSettings } from '../mail/mailer.ts';

/** Creates the mailer of an installation that sends mail; others do not load the SMTP client, 2 MB of memory. */
export async function openMailer(settings: MailSettings | null): Promise<Mailer | null> {
  if (!settings) return null;
  const { createSmtpMailer } = await import('../mail/smtp-mailer.ts');
  return createSmtpMailer(settings);
}
