import { describe, expect, it } from 'vitest';
import { isSecretKey } from './secret-keys.ts';

/** Read from the classes of dlt 1.20 to 1.31: fields and arguments typed `TSecretStrValue` or `SecretSentinel`. */
const secretOfDlt = (
  'access_token api_key api_secret_key api_token auth_token aws_secret_access_key aws_session_token ' +
  'azure_client_secret azure_storage_account_key azure_storage_sas_token client_id client_secret ' +
  'dlthub_dsn package_repository_ssh_key password pipeline_salt private_key private_key_passphrase ' +
  'refresh_token runtime_api_key sftp_key_passphrase sftp_password slack_incoming_hook statements token ' +
  'trace_key '
)
  .trim()
  .split(' ');

/** Fields of the same classes that are not typed as secret. */
const plainOfDlt = (
  'account_name aws_access_key_id azure_client_id azure_sas_token_permissions azure_tenant_id ' +
  'azure_storage_account_name bucket_url catalog client_email database dataset_name host drivername ' +
  'endpoint_url http_path location private_key_id private_key_path project_id region_name role schema ' +
  'server_hostname sftp_key_filename sftp_username token_uri auth_uri username warehouse authenticator ' +
  'profile_name staging_iam_role '
)
  .trim()
  .split(' ');

describe('isSecretKey', () => {
  it.each(secretOfDlt)('%s is secret, because dlt types it so', (key) => {
    expect(isSecretKey(key)).toBe(true);
  });

  it.each(plainOfDlt)('%s is not secret', (key) => {
    expect(isSecretKey(key)).toBe(false);
  });

  it.each([
    'pass_phrase',
    'API-Key',
    'apiKey',
    'PASSWORD',
    'db_password_2',
    'dbpassword',
    'x-api-key',
    'hf_token',
    'slack_webhook_url',
    'Authorization',
    'private_key_pem',
    'accesstoken',
    'api_keys',
    'sentry_dsn',
  ])('%s of a source is secret', (key) => {
    expect(isSecretKey(key)).toBe(true);
  });

  it.each([
    'primary_key',
    'merge_keys',
    'public_key',
    'monkey',
    'compass',
    'key_column',
    'tokenizer',
    'keyspace',
    '',
  ])('%s of a source is not secret', (key) => {
    expect(isSecretKey(key)).toBe(false);
  });
});
