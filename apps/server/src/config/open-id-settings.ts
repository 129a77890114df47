/** Reads the settings of the OpenID provider; only `config.ts` uses this module. */
import { z } from 'zod';
import type { OpenIdSettings } from '../services/sign-in/open-id.ts';
import { isLoopbackHost } from './allowed-hosts.ts';
import { ConfigError } from './config-error.ts';
import { settingDetails } from './setting-details.ts';

export const openIdSettings = {
  PUMPHOUSE_OIDC_ISSUER: z.url().optional().register(settingDetails, {
    key: 'openid.issuer',
    description: 'Issuer URL of an OpenID provider for sign-in; see [accounts](accounts.md)',
    example: 'https://accounts.example.com',
  }),
  PUMPHOUSE_OIDC_CLIENT_ID: z.string().optional().register(settingDetails, {
    key: 'openid.client_id',
    description: 'Client id of this server at the provider',
  }),
  PUMPHOUSE_OIDC_CLIENT_SECRET: z.string().optional().register(settingDetails, {
    key: 'openid.client_secret',
    description: 'Secret of that client; empty for a public client, which uses only PKCE',
    secret: 'value',
  }),
  PUMPHOUSE_OIDC_NAME: z.string().max(40).optional().register(settingDetails, {
    key: 'openid.name',
    description: 'Display name of the provider: "Continue with ..."',
    default: 'the host of the issuer',
  }),
  PUMPHOUSE_OIDC_SIGN_UP: z.enum(['invited', 'anyone']).default('invited').register(settingDetails, {
    key: 'openid.sign_up',
    description:
      'Who can create an account through the provider: only invited users (`invited`), or `anyone` with an account there',
  }),
} as const;

type Values = z.output<z.ZodObject<typeof openIdSettings>>;

/**
 * Reads the provider; null: users sign in with passwords only.
 * @throws ConfigError
 */
export function readOpenId(values: Values): OpenIdSettings | null {
  const { PUMPHOUSE_OIDC_ISSUER: issuer, PUMPHOUSE_OIDC_CLIENT_ID: clientId } = values;
  const { PUMPHOUSE_OIDC_CLIENT_SECRET: secret } = values;
  if (!issuer) {
    if (clientId || secret)
      throw new ConfigError('PUMPHOUSE_OIDC_CLIENT_ID and its secret need PUMPHOUSE_OIDC_ISSUER as well.');
    return null;
  }
  if (!clientId) throw new ConfigError('PUMPHOUSE_OIDC_ISSUER needs PUMPHOUSE_OIDC_CLIENT_ID as well.');
  const { protocol, hostname } = new URL(issuer);
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopbackHost(hostname.replace(/^\[|\]$/g, ''))))
    throw new ConfigError(`PUMPHOUSE_OIDC_ISSUER is ${issuer}: a provider must use https.`);
  return {
    issuer,
    clientId,
    clientSecret: secret ?? null,
    name: values.PUMPHOUSE_OIDC_NAME ?? hostname,
    signUp: values.PUMPHOUSE_OIDC_SIGN_UP,
  };
}
