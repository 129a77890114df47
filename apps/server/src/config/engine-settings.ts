/** Reads the settings of the docker executor from the environment; only `config.ts` uses this module. */
import type { EngineAddress, EngineCertificates } from '../executors/docker/engine-address.ts';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { EngineAddressError, readEngineUrl } from '../executors/docker/engine-address.ts';
import { defaultRunnerImage } from '../executors/docker/names.ts';
import { ConfigError } from './config-error.ts';
import { settingDetails } from './setting-details.ts';

export const engineSettings = {
  PUMPHOUSE_ENGINE_URL: z.string().optional().register(settingDetails, {
    key: 'engine.url',
    description: 'URL of the Docker or Podman engine for runs: unix://, tcp://, http:// or https://',
    default: '`DOCKER_HOST`, else found',
    hidden: true,
  }),
  PUMPHOUSE_RUNNER_IMAGE: z
    .string()
    .refine((image) => image.includes('{python}'), 'must contain {python} in place of the Python version')
    .default(defaultRunnerImage)
    .register(settingDetails, {
      key: 'engine.runner_image',
      description:
        'Image of the containers of runs, with `{python}` in place of the Python version, such as 3.13',
    }),
  PUMPHOUSE_RUNS_NETWORK: z
    .string()
    .regex(/^[a-zA-Z0-9][\w.-]*$/, 'must be the name of a network of the engine')
    .optional()
    .register(settingDetails, {
      key: 'runs.network',
      description:
        'Containers: an existing network of the engine for runs. Processes: `shared` lets runs and builds use the network of the machine and reach everything that listens on it',
      default: 'one of its own',
    }),
  PUMPHOUSE_RUNS_EGRESS: z.enum(['0', '1']).default('1').register(settingDetails, {
    key: 'runs.egress',
    description: 'Whether runs in containers may connect to other machines than this server',
  }),
} as const;

export interface EngineConfig {
  /** Only the configured engine; otherwise the sockets where one may answer, best first. */
  addresses: EngineAddress[];
  /** Whether an engine was configured explicitly. */
  isSet: boolean;
  /** Contains `{python}` as a placeholder for versions such as "3.13". */
  runnerImage: string;
  /** `name` null: the installation's own network; then `egress` decides whether it has internet access. */
  network: { name: string | null; egress: boolean };
}

export type EngineValues = z.output<z.ZodObject<typeof engineSettings>>;

/** The variables that Docker's own tools read. */
export interface DockerVariables {
  DOCKER_HOST?: string | undefined;
  DOCKER_TLS_VERIFY?: string | undefined;
  DOCKER_CERT_PATH?: string | undefined;
  XDG_RUNTIME_DIR?: string | undefined;
}

/**
 * @param wantsEngine false if no engine is used: then settings for Docker's own tools cannot be invalid
 * @throws ConfigError
 */
export function readEngineConfig(
  values: EngineValues,
  variables: DockerVariables,
  wantsEngine: boolean,
): EngineConfig {
  const egress = values.PUMPHOUSE_RUNS_EGRESS === '1';
  const name = values.PUMPHOUSE_RUNS_NETWORK ?? null;
  if (name !== null && !egress)
    throw new ConfigError(
      `PUMPHOUSE_RUNS_EGRESS: 0 closes the network that Pumphouse makes, and PUMPHOUSE_RUNS_NETWORK names ${name}: ` +
        'make that network internal yourself, or remove one of the two settings.',
    );
  const set = values.PUMPHOUSE_ENGINE_URL ?? variables.DOCKER_HOST;
  const address = set && wantsEngine ? readAddress(values, variables) : null;
  return {
    addresses: address ? [address] : listSockets(variables),
    isSet: address !== null,
    runnerImage: values.PUMPHOUSE_RUNNER_IMAGE,
    network: { name, egress },
  };
}

function readAddress(values: EngineValues, variables: DockerVariables): EngineAddress {
  const [name, text] = values.PUMPHOUSE_ENGINE_URL
    ? ['PUMPHOUSE_ENGINE_URL', values.PUMPHOUSE_ENGINE_URL]
    : ['DOCKER_HOST', variables.DOCKER_HOST ?? ''];
  const { DOCKER_TLS_VERIFY: verify, DOCKER_CERT_PATH: folder } = variables;
  // Docker treats any value of DOCKER_TLS_VERIFY as yes. With only client certificates, it does not verify
  // the engine's certificate; here it is always verified.
  const withTls = Boolean(verify) || (Boolean(folder) && text.startsWith('tcp:'));
  try {
    const url = readEngineUrl(text, { withTls });
    const hasCertificates = url.startsWith('https:') && (verify || folder);
    return { url, tls: hasCertificates ? readCertificates(folder ?? join(homedir(), '.docker')) : null };
  } catch (error) {
    if (!(error instanceof EngineAddressError)) throw error;
    throw new ConfigError(`${name}: ${error.message}`);
  }
}

function readCertificates(folder: string): EngineCertificates {
  const read = (name: string) => {
    try {
      return readFileSync(join(folder, name), 'utf8');
    } catch (error) {
      const reason = error instanceof Error && 'code' in error ? String(error.code) : 'it cannot be read';
      throw new ConfigError(
        `DOCKER_CERT_PATH: ${join(folder, name)} cannot be read (${reason}). The folder has to hold ca.pem, cert.pem and key.pem.`,
      );
    }
  };
  return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') };
}

function listSockets({ XDG_RUNTIME_DIR: runtimeDir }: DockerVariables): EngineAddress[] {
  const paths = [
    '/var/run/docker.sock',
    ...(runtimeDir ? [join(runtimeDir, 'podman', 'podman.sock')] : []),
    '/run/podman/podman.sock',
  ];
  return paths.map((path) => ({ url: `unix://${path}`, tls: null }));
}
