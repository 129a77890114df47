/** Reads the settings of mail; only `config.ts` uses this module. */
import { z } from 'zod';
import type { MailSettings } from '../mail/mailer.ts';
import { ConfigError } from './config-error.ts';
import { settingDetails } from './setting-details.ts';

export const mailSettings = {
  PUMPHOUSE_SMTP_URL: z
    .url({ protocol: /^smtps?$/, error: 'must be smtp://[name:password@]host[:port], or smtps://' })
    .optional()
    .register(settingDetails, {
      key: 'mail.smtp_url',
      description:
        'Mail server for invitations, as smtp:// or smtps://; without it, you send the links yourself',
      secret: 'url',
      example: 'smtps://mail.example.com',
    }),
  PUMPHOUSE_MAIL_FROM: z
    .string()
    .regex(
      /^[^\r\n]*@[^\s@>]+>?$/,
      'must be an address, such as pumphouse@example.com or Pumphouse <pumphouse@example.com>',
    )
    .optional()
    .register(settingDetails, {
      key: 'mail.from',
      description: 'Sender address of mail; required with PUMPHOUSE_SMTP_URL',
      example: 'pumphouse@example.com',
    }),
} as const;

type Values = z.output<z.ZodObject<typeof mailSettings>>;

/**
 * Reads the mail server; null: no mail is sent.
 * @throws ConfigError
 */
export function readMail({
  PUMPHOUSE_SMTP_URL: url,
  PUMPHOUSE_MAIL_FROM: from,
}: Values): MailSettings | null {
  if (!url) return null;
  if (!from)
    throw new ConfigError(
      'PUMPHOUSE_SMTP_URL needs PUMPHOUSE_MAIL_FROM as well: the address that mail comes from.',
    );
  return { smtpUrl: new URL(url), from };
}
