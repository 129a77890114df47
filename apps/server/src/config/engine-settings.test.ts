import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DockerVariables, EngineValues } from './engine-settings.ts';
import { ConfigError } from './config-error.ts';
import { readEngineConfig } from './engine-settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'pumphouse-certificates-'));
const certificates = { ca: 'authority', cert: 'certificate', key: 'private' };

beforeAll(() => {
  for (const [name, text] of Object.entries(certificates)) writeFileSync(join(folder, `${name}.pem`), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

function read(values: Partial<EngineValues>, variables: DockerVariables = {}, wantsEngine = true) {
  const defaults = { PUMPHOUSE_RUNNER_IMAGE: 'runner:{python}', PUMPHOUSE_RUNS_EGRESS: '1' } as const;
  return readEngineConfig({ ...defaults, ...values }, variables, wantsEngine);
}

describe('readEngineConfig', () => {
  it('looks for a socket by default', () => {
    const { addresses, isSet } = read({}, { XDG_RUNTIME_DIR: '/run/user/7' });
    expect(isSet).toBe(false);
    expect(addresses.map(({ url }) => url)).toEqual([
      'unix:///var/run/docker.sock',
      'unix:///run/user/7/podman/podman.sock',
      'unix:///run/podman/podman.sock',
    ]);
  });

  it('prefers its own setting to DOCKER_HOST, and that to looking for a socket', () => {
    const variables = { DOCKER_HOST: 'unix:///one.sock' };
    expect(read({}, variables)).toMatchObject({ isSet: true, addresses: [{ url: 'unix:///one.sock' }] });
    expect(read({ PUMPHOUSE_ENGINE_URL: 'unix:///other.sock' }, variables).addresses).toEqual([
      { url: 'unix:///other.sock', tls: null },
    ]);
  });

  it.each<[string, DockerVariables, string]>([
    ['tcp://engine', {}, 'http://engine:2375'],
    ['tcp://engine:99/', {}, 'http://engine:99'],
    ['tcp://[::1]:99', {}, 'http://[::1]:99'],
    ['http://engine', {}, 'http://engine:80'],
    ['https://engine', {}, 'https://engine:443'],
    ['http://engine', { DOCKER_CERT_PATH: folder }, 'http://engine:80'],
  ])('reads %s with %o as %s, without certificates', (url, variables, expected) => {
    expect(read({ PUMPHOUSE_ENGINE_URL: url }, variables).addresses).toEqual([{ url: expected, tls: null }]);
  });

  it.each<[string, DockerVariables, string]>([
    ['tcp://engine', { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder }, 'https://engine:2376'],
    ['tcp://engine', { DOCKER_CERT_PATH: folder }, 'https://engine:2376'],
    ['https://engine:7', { DOCKER_CERT_PATH: folder }, 'https://engine:7'],
  ])('reads %s with %o as %s, with certificates', (url, variables, expected) => {
    const { addresses } = read({}, { ...variables, DOCKER_HOST: url });
    expect(addresses).toEqual([{ url: expected, tls: certificates }]);
  });

  it.each<[string, RegExp]>([
    ['ssh://host', /ssh -N -L/],
    ['npipe:////./pipe/docker_engine', /unix:\/\/, tcp:\/\//],
    ['/var/run/docker.sock', /must begin with unix:\/\//],
    ['unix://run/docker.sock', /absolute path/],
    ['unix:///', /absolute path/],
    ['tcp://', /no host/],
    ['tcp://host:port', /no host/],
    ['tcp://host/v1.44', /must not have a path/],
    ['tcp://host:1?x', /must not have a path/],
  ])('rejects %s with advice', (url, message) => {
    expect(() => read({ PUMPHOUSE_ENGINE_URL: url })).toThrow(ConfigError);
    expect(() => read({ PUMPHOUSE_ENGINE_URL: url })).toThrow(message);
    expect(() => read({}, { DOCKER_HOST: url })).toThrow(/^DOCKER_HOST: /);
  });

  it('does not repeat a password in an address', () => {
    const refuse = () => read({ PUMPHOUSE_ENGINE_URL: 'tcp://me:hunter2@host' });
    expect(refuse).toThrow(/must not contain a user name or password/);
    expect(refuse).not.toThrow(/hunter2/);
  });

  it('does not fall back to plain text if TLS was requested', () => {
    const variables = { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder };
    expect(() => read({ PUMPHOUSE_ENGINE_URL: 'http://engine' }, variables)).toThrow(/requires TLS/);
  });

  it('names the missing certificate', () => {
    const variables = { DOCKER_HOST: 'tcp://engine', DOCKER_CERT_PATH: join(folder, 'nowhere') };
    expect(() => read({}, variables)).toThrow(/DOCKER_CERT_PATH: .*nowhere\/ca\.pem.*ENOENT/);
  });

  it('ignores settings of other tools if no engine is used', () => {
    expect(read({}, { DOCKER_HOST: 'ssh://host' }, false).isSet).toBe(false);
  });

  it('isolates its own network, and no other', () => {
    expect(read({ PUMPHOUSE_RUNS_EGRESS: '0' }).network).toEqual({ name: null, egress: false });
    expect(read({ PUMPHOUSE_RUNS_NETWORK: 'mine' }).network).toEqual({ name: 'mine', egress: true });
    expect(() => read({ PUMPHOUSE_RUNS_NETWORK: 'mine', PUMPHOUSE_RUNS_EGRESS: '0' })).toThrow(
      /PUMPHOUSE_RUNS_EGRESS.*mine/,
    );
  });
});
