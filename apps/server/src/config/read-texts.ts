/** Reads settings with their own syntax. */
import { isIP } from 'node:net';
import type { InstanceSizes } from '../domain/attempts/instance-sizes.ts';
import type { MailSettings } from '../mail/mailer.ts';
import type { RetentionLimits } from '../domain/retention/retention-limits.ts';
import { InstanceSizesSyntaxError, parseInstanceSizes } from '../domain/attempts/instance-sizes.ts';
import { parseRetention, RetentionSyntaxError } from '../domain/retention/retention-limits.ts';
import { ConfigError } from './config-error.ts';

interface MailValues {
  PUMPHOUSE_SMTP_URL?: string | undefined;
  PUMPHOUSE_MAIL_FROM?: string | undefined;
}

/** @throws ConfigError */
export function readTrustedProxies(text: string): string[] {
  const entries = text.split(',').flatMap((entry) => entry.trim() || []);
  for (const entry of entries) {
    const [address = '', bits, ...rest] = entry.split('/');
    const most = { 4: 32, 6: 128 }[isIP(address)] ?? -1;
    const isNetwork = bits === undefined ? most > 0 : /^\d{1,3}$/.test(bits) && Number(bits) <= most;
    if (!isNetwork || rest.length > 0)
      throw new ConfigError(
        `PUMPHOUSE_TRUSTED_PROXIES: "${entry}" is neither an address nor a network such as 10.0.0.0/8.`,
      );
  }
  return entries;
}

/** @throws ConfigError */
export function readRetention(text: string): RetentionLimits {
  try {
    return parseRetention(text);
  } catch (error) {
    if (!(error instanceof RetentionSyntaxError)) throw error;
    throw new ConfigError(`PUMPHOUSE_RETENTION: ${error.message}`);
  }
}

/** @throws ConfigError */
export function readInstanceSizes(text: string): InstanceSizes {
  try {
    return parseInstanceSizes(text);
  } catch (error) {
    if (!(error instanceof InstanceSizesSyntaxError)) throw error;
    throw new ConfigError(`PUMPHOUSE_INSTANCE_SIZES: ${error.message}`);
  }
}

/** @throws ConfigError */
export function readMail({
  PUMPHOUSE_SMTP_URL: url,
  PUMPHOUSE_MAIL_FROM: from,
}: MailValues): MailSettings | null {
  if (!url) return null;
  if (!from)
    throw new ConfigError(
      'PUMPHOUSE_SMTP_URL needs PUMPHOUSE_MAIL_FROM as well: the address that mail comes from.',
    );
  return { smtpUrl: new URL(url), from };
}
