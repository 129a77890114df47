/** The settings of the docker executor as they are in the environment; `config.ts` calls this, and nothing else does. */
import type { EngineAddress, EngineCertificates } from '../executors/docker/engine-address.ts';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { EngineAddressError, readEngineUrl } from '../executors/docker/engine-address.ts';

export interface EngineConfig {
  /** The engine that was set, alone; else the sockets where one may answer, best first. */
  addresses: EngineAddress[];
  /** Whether somebody has said which engine it is. */
  isSet: boolean;
  /** Has `{python}` in it, in place of "3.13" and the like. */
  runnerImage: string;
  /** `name` null: a network of the installation's own; then `egress` says whether it leads out. */
  network: { name: string | null; egress: boolean };
}

export interface EngineValues {
  PUMPHOUSE_ENGINE_URL?: string | undefined;
  PUMPHOUSE_RUNNER_IMAGE: string;
  PUMPHOUSE_RUNS_NETWORK?: string | undefined;
  PUMPHOUSE_RUNS_EGRESS: '0' | '1';
}

/** The variables that Docker's own tools read. */
export interface DockerVariables {
  DOCKER_HOST?: string | undefined;
  DOCKER_TLS_VERIFY?: string | undefined;
  DOCKER_CERT_PATH?: string | undefined;
  XDG_RUNTIME_DIR?: string | undefined;
}

/** A setting of the engine that is wrong; the message begins with its name. */
export class EngineSettingError extends Error {
  override readonly name = 'EngineSettingError';
}

/**
 * @param wantsEngine false where no engine is ever asked: then what is set for Docker's own tools cannot be wrong
 * @throws EngineSettingError
 */
export function readEngineConfig(
  values: EngineValues,
  variables: DockerVariables,
  wantsEngine: boolean,
): EngineConfig {
  const egress = values.PUMPHOUSE_RUNS_EGRESS === '1';
  const name = values.PUMPHOUSE_RUNS_NETWORK ?? null;
  if (name !== null && !egress)
    throw new EngineSettingError(
      `PUMPHOUSE_RUNS_EGRESS: 0 closes the network that Pumphouse makes, and PUMPHOUSE_RUNS_NETWORK names ${name}: ` +
        'make that one internal yourself, or take one of the two settings out.',
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
  // Docker takes any value of DOCKER_TLS_VERIFY for yes. With certificates alone it does not look at the engine's; here it is always looked at.
  const withTls = Boolean(verify) || (Boolean(folder) && text.startsWith('tcp:'));
  try {
    const url = readEngineUrl(text, { withTls });
    const hasCertificates = url.startsWith('https:') && (verify || folder);
    return { url, tls: hasCertificates ? readCertificates(folder ?? join(homedir(), '.docker')) : null };
  } catch (error) {
    if (!(error instanceof EngineAddressError)) throw error;
    throw new EngineSettingError(`${name}: ${error.message}`);
  }
}

function readCertificates(folder: string): EngineCertificates {
  const read = (name: string) => {
    try {
      return readFileSync(join(folder, name), 'utf8');
    } catch (error) {
      const reason = error instanceof Error && 'code' in error ? String(error.code) : 'it cannot be read';
      throw new EngineSettingError(
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
