import type { RunVariable } from '../variables/run-variable.ts';
import { listMaskedValues } from '../variables/run-variable.ts';

/** The part of the workspace's variables that a build of an environment gets. */
export interface BuildSettings {
  variables: Record<string, string>;
  /** Values that must not appear in the build log. */
  maskedValues: string[];
  /**
   * The settings that decide which packages are installed, sorted by name. They are part of the environment's
   * identity. A secret is represented by its revision, which reveals nothing and still changes with the
   * value.
   */
  packageSettings: [name: string, value: string][];
  /** Variables that look like uv settings but that builds do not get. */
  ignored: string[];
}

/**
 * Settings that decide where packages come from and which are chosen. They include credentials, because an
 * index may serve different packages to each user.
 */
const PACKAGE_SETTINGS = new Set([
  'UV_DEFAULT_INDEX',
  'UV_EXCLUDE_NEWER',
  'UV_EXTRA_INDEX_URL',
  'UV_FIND_LINKS',
  'UV_INDEX',
  'UV_INDEX_STRATEGY',
  'UV_INDEX_URL',
  'UV_NO_BINARY',
  'UV_NO_BINARY_PACKAGE',
  'UV_NO_BUILD',
  'UV_NO_BUILD_PACKAGE',
  'UV_NO_INDEX',
  'UV_PRERELEASE',
  'UV_RESOLUTION',
  'UV_TORCH_BACKEND',
]);
const INDEX_CREDENTIALS = /^UV_INDEX_[A-Z0-9_]+_(USERNAME|PASSWORD)$/;

/** Settings for how to reach the indexes; they do not change the packages. */
const TRANSPORT_SETTINGS = new Set([
  'SSL_CERT_DIR',
  'SSL_CERT_FILE',
  'SSL_CLIENT_CERT',
  'UV_CONCURRENT_BUILDS',
  'UV_CONCURRENT_DOWNLOADS',
  'UV_CONCURRENT_INSTALLS',
  'UV_HTTP_RETRIES',
  'UV_HTTP_TIMEOUT',
  'UV_INSECURE_HOST',
  'UV_NATIVE_TLS',
  'UV_REQUEST_TIMEOUT',
  'UV_SYSTEM_CERTS',
]);
const PROXY = /^(https?|all|no)_proxy$/i;

/**
 * Selects the variables that a build gets, by allowlists. Other uv settings would move the cache, the
 * interpreter or the environment to where the executor does not expect them, and all other variables are for
 * runs only.
 */
export function chooseBuildSettings(variables: readonly RunVariable[]): BuildSettings {
  const chosen = variables.filter(({ name }) => decidesPackages(name) || isTransport(name));
  return {
    variables: Object.fromEntries(chosen.map(({ name, value }) => [name, value])),
    maskedValues: listMaskedValues(chosen),
    packageSettings: chosen
      .filter(({ name }) => decidesPackages(name))
      .map(({ name, value, isSecret, revision }): [string, string] => [
        name,
        isSecret ? `secret ${revision}` : `plain ${value}`,
      ])
      .sort(([left], [right]) => (left < right ? -1 : 1)),
    ignored: variables
      .filter((variable) => variable.name.startsWith('UV_') && !chosen.includes(variable))
      .map(({ name }) => name),
  };
}

function decidesPackages(name: string): boolean {
  return PACKAGE_SETTINGS.has(name) || INDEX_CREDENTIALS.test(name);
}

function isTransport(name: string): boolean {
  return TRANSPORT_SETTINGS.has(name) || PROXY.test(name);
}
