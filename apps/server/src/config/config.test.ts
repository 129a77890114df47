import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';
import { ConfigError } from './config-error.ts';

describe('readConfig', () => {
  it('returns defaults without any setting', () => {
    const config = readConfig({ HOME: '/home/user' });
    expect(config).toMatchObject({ host: '127.0.0.1', port: 8080, allowUnisolated: false, executor: 'auto' });
  });

  it('names each invalid setting', () => {
    const read = () => readConfig({ PUMPHOUSE_PORT: 'eighty', PUMPHOUSE_EXECUTOR: 'rocket' });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(/PUMPHOUSE_PORT[\s\S]*PUMPHOUSE_EXECUTOR/);
  });

  it.each<[string, string, string]>([
    [
      'PUMPHOUSE_PORT',
      'eighty',
      'PUMPHOUSE_PORT is "eighty", and must be a whole number from 0 to 65535. Example: PUMPHOUSE_PORT=8080',
    ],
    ['PUMPHOUSE_PORT', '70000', 'PUMPHOUSE_PORT is "70000", and must be a whole number from 0 to 65535.'],
    ['PUMPHOUSE_PORT', '0x1F90', 'must be a whole number from 0 to 65535'],
    ['PUMPHOUSE_PORT', '80.5', 'must be a whole number from 0 to 65535'],
    [
      'PUMPHOUSE_MAX_UPLOAD_MB',
      '1G',
      'PUMPHOUSE_MAX_UPLOAD_MB is "1G", and must be a whole number of 1 or more.',
    ],
    ['PUMPHOUSE_LEASE_SECONDS', '12s', 'must be a number from 1 to 300. Example: PUMPHOUSE_LEASE_SECONDS=12'],
    [
      'PUMPHOUSE_RUNS_EGRESS',
      'no',
      'PUMPHOUSE_RUNS_EGRESS is "no", and must be 0 or 1. Example: PUMPHOUSE_RUNS_EGRESS=1',
    ],
    [
      'PUMPHOUSE_EXECUTOR',
      'rocket',
      'must be auto or process or docker or kubernetes. Example: PUMPHOUSE_EXECUTOR=auto',
    ],
    [
      'PUMPHOUSE_PUBLIC_URL',
      'localhost:8080',
      'PUMPHOUSE_PUBLIC_URL is "localhost:8080", and must be an http:// or https:// address. Example: PUMPHOUSE_PUBLIC_URL=https://pumphouse.example.com',
    ],
    ['PUMPHOUSE_BLOBS_URL', 'file://var/blobs', 'Write file:// and an absolute path'],
    ['PUMPHOUSE_BLOBS_URL', 'https://bucket/x', 'or s3:// with a bucket and a prefix'],
    ['PUMPHOUSE_BLOBS_URL', 's3://bucket/a b', 'a prefix of letters, digits'],
    ['PUMPHOUSE_BLOBS_FALLBACK_URL', 'ftp://x', 'PUMPHOUSE_BLOBS_FALLBACK_URL is ftp://x. Write file://'],
    ['PUMPHOUSE_S3_ENCRYPTION', 'rot13', 'must be AES256, aws:kms, or aws:kms: and a key'],
    ['PUMPHOUSE_PORT', 'tcp://10.0.0.1:8080', 'set enableServiceLinks to false in the pod'],
  ])('lists the allowed values for %s=%s, with an example', (name, value, text) => {
    expect(() => readConfig({ [name]: value })).toThrow(ConfigError);
    expect(() => readConfig({ [name]: value })).toThrow(text);
    expect(() => readConfig({ [name]: value })).not.toThrow(/NaN|regex|invalid_/i);
  });

  it.each([
    ['PUMPHOUSE_SECRET_KEY', 'swordfish'],
    ['PUMPHOUSE_DATABASE_URL', 'mysql://me:swordfish@db/shop'],
    ['PUMPHOUSE_SMTP_URL', 'http://me:swordfish@mail'],
    ['PUMPHOUSE_ENGINE_URL', 'tcp://me:swordfish@engine:2376'],
  ])('never repeats %s, which may be secret', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(name);
    expect(() => readConfig({ [name]: value })).not.toThrow('swordfish');
  });

  it('warns of variables that are not settings, with the setting that they most likely mean', () => {
    const { warnings } = readConfig({
      PUMPHOUSE_PUBLIC_ULR: 'https://swordfish',
      pumphouse_port: '1',
      PUMPHOUSE_MAX_UPLOADS_MB: '9',
      PUMPHOUSE_COLOUR: 'blue',
      PUMPHOUSE_PORT: '9000',
      PUMPHOUSE_SERVICE_HOST: '10.0.0.1',
      PUMPHOUSE_PORT_8080_TCP_ADDR: '10.0.0.1',
      PUMPHOUSE_TEST_ENGINES: 'podman',
      PUMPHOUSE_IMAGE: 'x',
      PUMPHOUSE_LOGIN_DIR: '/root/.dlt',
      PATH: '/bin',
    });
    expect(warnings).toEqual([
      'PUMPHOUSE_COLOUR is not a setting of Pumphouse and is ignored. All settings are listed in docs/operate/settings.md.',
      'PUMPHOUSE_MAX_UPLOADS_MB is not a setting of Pumphouse and is ignored. Did you mean PUMPHOUSE_MAX_UPLOAD_MB?',
      'PUMPHOUSE_PUBLIC_ULR is not a setting of Pumphouse and is ignored. Did you mean PUMPHOUSE_PUBLIC_URL?',
      'pumphouse_port is not a setting of Pumphouse and is ignored. Did you mean PUMPHOUSE_PORT?',
    ]);
    expect(readConfig({ PUMPHOUSE_PORT: '9000' }).warnings).toEqual([]);
  });

  it('treats blanks as unset: a port of 0 would change at each start', () => {
    expect(readConfig({ PUMPHOUSE_PORT: '  ' }).port).toBe(8080);
  });

  it('names the invalid part of a retention setting, and shows a valid one', () => {
    const read = () => readConfig({ PUMPHOUSE_RETENTION: 'logs=90d,traces=long' });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(/PUMPHOUSE_RETENTION: "traces=long".*90d\/50GB/);
  });

  it('listens for runs on the port after its own, or on a free one if its own is free or the last', () => {
    const portOf = (port: string) => readConfig({ PUMPHOUSE_PORT: port }).attemptsPort;
    expect(['8080', '0', '65535'].map(portOf)).toEqual([8081, 0, 0]);
    expect(readConfig({ PUMPHOUSE_PORT: '0', PUMPHOUSE_ATTEMPTS_PORT: '9000' }).attemptsPort).toBe(9000);
  });

  it.each(['0.0.0.0', '::'])('does not let runs call %s', (host) => {
    const read = (url?: string) =>
      readConfig({ PUMPHOUSE_ATTEMPTS_HOST: host, ...(url ? { PUMPHOUSE_ATTEMPTS_URL: url } : {}) });
    expect(() => read()).toThrow(/PUMPHOUSE_ATTEMPTS_URL/);
    expect(read('http://server:8081/')).toMatchObject({
      attemptsHost: host,
      attemptsUrl: 'http://server:8081',
    });
  });

  it('requires the place for the Python version in the name of an image', () => {
    expect(() => readConfig({ PUMPHOUSE_RUNNER_IMAGE: 'runner:latest' })).toThrow(
      /PUMPHOUSE_RUNNER_IMAGE is "runner:latest", and must contain \{python\}/,
    );
    expect(readConfig({ PUMPHOUSE_RUNNER_IMAGE: 'runner:{python}' }).engine.runnerImage).toBe(
      'runner:{python}',
    );
  });

  it('rejects an invalid engine address only if an engine is used', () => {
    const variables = { DOCKER_HOST: 'ssh://somewhere' };
    expect(() => readConfig(variables)).toThrow(ConfigError);
    expect(() => readConfig(variables)).toThrow(/DOCKER_HOST: ssh:\/\/ is not supported/);
    expect(readConfig({ ...variables, PUMPHOUSE_EXECUTOR: 'process' }).executor).toBe('process');
  });

  it('treats an empty variable as unset', () => {
    expect(readConfig({ PUMPHOUSE_PORT: '', PUMPHOUSE_PUBLIC_URL: '' })).toMatchObject({
      port: 8080,
      publicUrl: null,
    });
  });
});

describe('PUMPHOUSE_DATABASE_PASSWORD_FILE', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pumphouse-config-'));
  const url = 'postgres://pumphouse@database:5432/pumphouse';
  afterAll(() => rmSync(folder, { recursive: true }));

  function readWith(content: string, databaseUrl = url) {
    const file = join(folder, 'password');
    writeFileSync(file, content);
    return readConfig({
      PUMPHOUSE_DATABASE_URL: databaseUrl,
      PUMPHOUSE_DATABASE_PASSWORD_FILE: file,
    }).databaseUrl;
  }

  it.each(['swordfish', 'a b/c?d#e@f:g', '100%25 ünï'])(
    'uses the password %s for the database',
    (password) => {
      const read = new Client(readWith(`${password}\n`) ?? '');
      expect(read).toMatchObject({ host: 'database', user: 'pumphouse', database: 'pumphouse', password });
    },
  );

  it('rejects a missing or empty file, a second password, and a file without a URL', () => {
    const missing = { PUMPHOUSE_DATABASE_URL: url, PUMPHOUSE_DATABASE_PASSWORD_FILE: join(folder, 'none') };
    expect(() => readConfig(missing)).toThrow(/none cannot be read \(ENOENT\)/);
    expect(() => readWith('\n')).toThrow(/is empty/);
    expect(() => readWith('one', 'postgres://pumphouse:other@database/pumphouse')).toThrow(
      /Remove one of the two/,
    );
    expect(() => readConfig({ PUMPHOUSE_DATABASE_PASSWORD_FILE: '/x' })).toThrow(/PUMPHOUSE_DATABASE_URL/);
  });
});

describe('PUMPHOUSE_BLOBS_URL', () => {
  const url = { PUMPHOUSE_BLOBS_URL: 's3://shop/pump/house/' };

  it('is a folder in the data folder, another folder, or a bucket with a prefix', () => {
    const read = (variables: Record<string, string>) =>
      readConfig({ PUMPHOUSE_DATA_DIR: '/data', ...variables }).blobs;
    expect(read({})).toEqual({ kind: 'folder', path: '/data/blobs' });
    expect(read({ PUMPHOUSE_BLOBS_URL: 'file:///mnt/a%20b' })).toEqual({ kind: 'folder', path: '/mnt/a b' });
    const settings = {
      bucket: 'shop',
      prefix: 'pump/house',
      endpoint: null,
      region: 'us-east-1',
      credentials: null,
      forcePathStyle: false,
      encryption: null,
    };
    expect(read(url)).toEqual({ kind: 's3', settings });
    expect(read({ ...url, AWS_DEFAULT_REGION: 'eu-west-1' })).toMatchObject({
      settings: { region: 'eu-west-1' },
    });
    const own = {
      PUMPHOUSE_S3_ENDPOINT: 'http://s3.internal:9000/',
      PUMPHOUSE_S3_REGION: 'eu-central-1',
      PUMPHOUSE_S3_ACCESS_KEY_ID: 'pump',
      PUMPHOUSE_S3_SECRET_ACCESS_KEY: 'swordfish',
      PUMPHOUSE_S3_ENCRYPTION: 'aws:kms:key/1',
    };
    expect(read({ ...own, PUMPHOUSE_BLOBS_URL: 's3://shop' })).toEqual({
      kind: 's3',
      settings: {
        bucket: 'shop',
        prefix: '',
        endpoint: 'http://s3.internal:9000',
        region: 'eu-central-1',
        credentials: { accessKeyId: 'pump', secretAccessKey: 'swordfish' },
        forcePathStyle: true,
        encryption: { algorithm: 'aws:kms', keyId: 'key/1' },
      },
    });
  });

  it('rejects half a credential, two secrets, and a fallback that is the same place', () => {
    const rejections: [Record<string, string>, RegExp][] = [
      [{ PUMPHOUSE_S3_ACCESS_KEY_ID: 'pump' }, /belong together/],
      [
        { PUMPHOUSE_S3_SECRET_ACCESS_KEY: 'x', PUMPHOUSE_S3_SECRET_ACCESS_KEY_FILE: '/x' },
        /Remove one of the two/,
      ],
      [{ PUMPHOUSE_S3_SECRET_ACCESS_KEY_FILE: '/nowhere' }, /\/nowhere cannot be read/],
      [{ PUMPHOUSE_BLOBS_FALLBACK_URL: 's3://shop/pump/house' }, /where the blobs are anyway/],
    ];
    for (const [variables, message] of rejections)
      expect(() => readConfig({ ...url, ...variables })).toThrow(message);
  });
});

describe('PUMPHOUSE_PLAYGROUND', () => {
  const read = (variables: Record<string, string>) => readConfig(variables).playground;
  const url = { PUMPHOUSE_PLAYGROUND: 's3://shop/play' };
  const role = { PUMPHOUSE_PLAYGROUND_ROLE: 'arn:aws:iam::1:role/play' };

  it('is absent, local, or in S3 with a role or keys', () => {
    expect(read({})).toBeNull();
    expect(read({ PUMPHOUSE_PLAYGROUND: 'local' })).toEqual({ kind: 'local' });
    expect(read({ ...url, ...role, AWS_REGION: 'eu-west-1' })).toMatchObject({
      settings: {
        store: { bucket: 'shop', prefix: 'play' },
        source: { kind: 'role', stsUrl: 'https://sts.eu-west-1.amazonaws.com', hours: 1 },
      },
    });
    const own = { PUMPHOUSE_S3_ENDPOINT: 'http://s3:1', PUMPHOUSE_S3_PUBLIC_ENDPOINT: 'https://public/' };
    expect(read({ ...url, ...role, ...own })).toMatchObject({
      settings: { runsEndpoint: 'https://public', source: { stsUrl: 'http://s3:1' } },
    });
    expect(read({ ...url, PUMPHOUSE_PLAYGROUND_KEYS_FILE: '/keys' })).toMatchObject({
      settings: { source: { kind: 'keys', path: '/keys' } },
    });
  });

  it('never is where the blobs are, and never has the key of the server', () => {
    expect(() => read(url)).toThrow(/never gets the key of the server/);
    for (const blobs of ['s3://shop', 's3://shop/play', 's3://shop/play/blobs'])
      expect(() => read({ ...url, ...role, PUMPHOUSE_BLOBS_URL: blobs })).toThrow(/overlap/);
    for (const blobs of ['s3://other/play', 's3://shop/player'])
      expect(read({ ...url, ...role, PUMPHOUSE_BLOBS_URL: blobs })).toMatchObject({ kind: 's3' });
  });
});

describe('PUMPHOUSE_APPS_PORTS', () => {
  const read = (variables: Record<string, string>) => readConfig(variables).apps;

  it('gives each app a port; without it each has a host name', () => {
    expect(read({})).toEqual({ port: 8090, origins: { kind: 'names', domain: null } });
    expect(read({ PUMPHOUSE_APPS_DOMAIN: 'apps.example.com' }).origins).toEqual({
      kind: 'names',
      domain: 'apps.example.com',
    });
    expect(read({ PUMPHOUSE_APPS_PORTS: '9100-9199', PUMPHOUSE_APPS_PORT: '0' })).toEqual({
      port: 0,
      origins: { kind: 'ports', ports: { first: 9100, last: 9199 } },
    });
  });

  it.each([
    [{ PUMPHOUSE_APPS_PORTS: 'many' }, 'PUMPHOUSE_APPS_PORTS: "many" is not a range of ports'],
    [
      { PUMPHOUSE_APPS_PORTS: '9100-9199', PUMPHOUSE_APPS_DOMAIN: 'apps.example.com' },
      'Remove one of the two settings',
    ],
    [{ PUMPHOUSE_APPS_PORTS: '8080-8080' }, 'has 8080 in it, the port of PUMPHOUSE_PORT'],
    [{ PUMPHOUSE_APPS_PORTS: '8081-8089' }, 'has 8081 in it, the port of PUMPHOUSE_ATTEMPTS_PORT'],
    [{ PUMPHOUSE_APPS_PORTS: '8082-8199' }, 'has 8090 in it, the port of PUMPHOUSE_APPS_PORT'],
    [
      { PUMPHOUSE_APPS_PORTS: '9100-9199', PUMPHOUSE_PUBLIC_URL: 'http://10.0.0.5:9150' },
      'has 9150 in it, the port of PUMPHOUSE_PUBLIC_URL',
    ],
  ])('rejects %o', (variables, problem) => {
    const readWrong = () => read(variables);
    expect(readWrong).toThrow(ConfigError);
    expect(readWrong).toThrow(problem);
  });
});

describe('PUMPHOUSE_TRUSTED_PROXIES', () => {
  const read = (text: string) => readConfig({ PUMPHOUSE_TRUSTED_PROXIES: text }).trustedProxies;

  it('is empty, or addresses and networks', () => {
    expect(readConfig({}).trustedProxies).toEqual([]);
    expect(read('10.0.0.5, 10.1.0.0/16,fd00::/8, ::1')).toEqual([
      '10.0.0.5',
      '10.1.0.0/16',
      'fd00::/8',
      '::1',
    ]);
  });

  it.each(['proxy.example.com', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', 'true', '*'])(
    'rejects %s',
    (text) => {
      expect(() => read(text)).toThrow(`"${text}" is neither an address nor a network`);
    },
  );
});

describe('PUMPHOUSE_ALLOWED_HOSTS', () => {
  const read = (text: string) => readConfig({ PUMPHOUSE_ALLOWED_HOSTS: text }).allowedHosts;

  it('adds names to the address that the server listens on', () => {
    expect(readConfig({}).allowedHosts).toEqual(['127.0.0.1']);
    expect(read('Pumphouse.internal, 10.0.0.5,[FD00::5],fd00::6')).toEqual([
      '127.0.0.1',
      'pumphouse.internal',
      '10.0.0.5',
      'fd00::5',
      'fd00::6',
    ]);
  });

  it('includes the hosts at which runs reach the server, and not "all addresses"', () => {
    const runs = { PUMPHOUSE_ATTEMPTS_HOST: '::', PUMPHOUSE_ATTEMPTS_URL: 'http://server:8081' };
    expect(readConfig({ PUMPHOUSE_HOST: '0.0.0.0', ...runs }).allowedHosts).toEqual(['server']);
  });

  it.each(['pumphouse.internal:8080', 'https://pumphouse.internal', '*.internal', 'a b', '[fd00::5]:80'])(
    'rejects %s',
    (text) => {
      expect(() => read(text)).toThrow(`"${text}" is neither a host name nor an address`);
    },
  );
});

describe('PUMPHOUSE_OIDC_ISSUER', () => {
  const issuer = 'https://accounts.example.com/realms/staff';
  const client = { PUMPHOUSE_OIDC_ISSUER: issuer, PUMPHOUSE_OIDC_CLIENT_ID: 'pumphouse' };

  it('is unset, or a provider with a client, named after its host', () => {
    expect(readConfig({}).openId).toBeNull();
    expect(readConfig(client).openId).toEqual({
      issuer,
      clientId: 'pumphouse',
      clientSecret: null,
      name: 'accounts.example.com',
      signUp: 'invited',
    });
    expect(readConfig({ ...client, PUMPHOUSE_OIDC_ISSUER: 'http://127.0.0.1:9000' }).openId).toMatchObject({
      name: '127.0.0.1',
    });
  });

  it('is rejected for plain http from elsewhere, incomplete settings, and two secrets', () => {
    const refusals: [Record<string, string>, RegExp][] = [
      [{ ...client, PUMPHOUSE_OIDC_ISSUER: 'http://accounts.example.com' }, /must use https/],
      [{ PUMPHOUSE_OIDC_ISSUER: issuer }, /needs PUMPHOUSE_OIDC_CLIENT_ID/],
      [{ PUMPHOUSE_OIDC_CLIENT_ID: 'pumphouse' }, /need PUMPHOUSE_OIDC_ISSUER/],
      [
        { ...client, PUMPHOUSE_OIDC_CLIENT_SECRET: 'x', PUMPHOUSE_OIDC_CLIENT_SECRET_FILE: '/x' },
        /Remove one of the two/,
      ],
      [{ ...client, PUMPHOUSE_OIDC_CLIENT_SECRET_FILE: '/nowhere' }, /SECRET_FILE: \/nowhere cannot be read/],
    ];
    for (const [env, message] of refusals) expect(() => readConfig(env)).toThrow(message);
  });
});
