import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../config-error.ts';
import { readConfig } from '../config.ts';
import { findWriteProblem } from './check-file-access.ts';
import { listValues } from '../list-values.ts';
import { readSources } from './read-sources.ts';

const folder = mkdtempSync(join(tmpdir(), 'pumphouse-settings-'));
afterAll(() => rmSync(folder, { recursive: true }));

const path = join(folder, 'pumphouse.toml');

function write(text: string, mode = 0o600): { PUMPHOUSE_CONFIG: string } {
  writeFileSync(path, text);
  chmodSync(path, mode);
  return { PUMPHOUSE_CONFIG: path };
}

function readProblems(text: string, variables: Record<string, string> = {}) {
  try {
    readConfig({ ...write(text), ...variables });
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('The file was accepted.');
}

describe('a settings file', () => {
  it('has numbers, switches, arrays and tables', () => {
    const config = readConfig(
      write(`
        [server]
        port = 9000
        allowed_hosts = ["a.internal", "b.internal"]
        labels = { gpu = "a100", zone = "eu" }
        [runs]
        executor = "process"
        allow_unisolated = true
        loopback_ports = [5432, 8123]
        instance_sizes = { small = "1/512/100" }
        [retention.limits]
        logs = "30d"
        [otlp]
        endpoint = "http://collector:4318"
        timeout_ms = 2000
        headers = { authorization = "Bearer a,b=c%" }
        resource_attributes.deployment.environment.name = "staging"
      `),
    );
    expect(config).toMatchObject({
      port: 9000,
      labels: { gpu: 'a100', zone: 'eu' },
      executor: 'process',
      allowUnisolated: true,
      runsLoopbackPorts: [5432, 8123],
      instanceSizes: { small: { cpus: 1 } },
      retention: { logs: { maxAgeSeconds: 30 * 86_400, maxBytes: null } },
    });
    expect(config.allowedHosts).toEqual(expect.arrayContaining(['a.internal', 'b.internal']));
    expect(config.observability.traces).toMatchObject({
      timeoutMs: 2000,
      headers: { authorization: 'Bearer a,b=c%' },
      resource: { 'deployment.environment.name': 'staging' },
    });
  });

  it('accepts the text of the variable instead of a table', () => {
    expect(readConfig(write('retention.limits = "off"')).retention.logs.maxAgeSeconds).toBeNull();
  });

  it('yields to variables, one setting at a time, and a blank variable is not set', () => {
    const file = write('[server]\nport = 9000\nlog_level = "warn"\n[apps]\nport = 9001');
    const config = readConfig({ ...file, PUMPHOUSE_PORT: '9100', PUMPHOUSE_APPS_PORT: ' ' });
    expect(config).toMatchObject({ port: 9100, logLevel: 'warn', apps: { port: 9001 } });
    expect(readSources({ ...file, PUMPHOUSE_PORT: '9100' }).overridden).toEqual([
      { key: 'server.port', variable: 'PUMPHOUSE_PORT', position: { file: path, line: 2, column: 1 } },
    ]);
  });

  it('is not read without PUMPHOUSE_CONFIG, or with none', () => {
    write('[server]\nport = 9000');
    expect(readConfig({}).port).toBe(8080);
    expect(readConfig({ PUMPHOUSE_CONFIG: 'none' })).toMatchObject({ port: 8080, warnings: [] });
  });

  it.each<[string, string, string]>([
    ['server.prot = 1', '1:1: unknown_setting: server.prot is not a setting.', 'Did you mean server.port?'],
    [
      '[server]\n  databse_url = "x"',
      '2:3: unknown_setting: server.databse_url is not a setting.',
      'config example',
    ],
    ['[sevrer]\nport = 1', '1:1: unknown_setting: sevrer is not a setting.', 'Did you mean server?'],
    ['port = 1', '1:1: unknown_setting: port', 'Did you mean server.port or attempts.port or apps.port?'],
    [
      'PUMPHOUSE_PORT = 1',
      '1:1: unknown_setting: PUMPHOUSE_PORT',
      'In a file, that variable is server.port.',
    ],
    ['server = 1', '1:1: unknown_setting: server', 'write [server]'],
    ['[[server]]\nport = 1', '1:1: unknown_setting: server.0', ''],
    [
      '[runs]\negress = 1',
      '2:1: invalid_setting: runs.egress is 1, and must be true or false',
      'egress = true',
    ],
    [
      '[server]\nport = "8080"',
      '2:1: invalid_setting: server.port is "8080", and must be a number',
      'port = 8080',
    ],
    [
      '[server]\nport = 70000',
      'server.port is 70000, and must be a whole number from 0 to 65535.',
      'port = 8080',
    ],
    ['[server]\nport = -1', 'server.port is -1, and must be a whole number', ''],
    ['[server]\nport.x = 1', 'unknown_setting: server.port.x', 'Did you mean server.port?'],
    ['[server]\nport = { x = 1 }', 'server.port must be a number', ''],
    ['[server]\nhost = 1', 'server.host is 1, and must be a text in quotes', 'host = "127.0.0.1"'],
    ['[server]\nhost = 2026-01-01', 'server.host must be a text in quotes', ''],
    [
      '[server]\nallowed_hosts = "a"',
      'must be an array of texts',
      'allowed_hosts = ["pumphouse.internal", "10.0.0.5"]',
    ],
    ['[server]\nallowed_hosts = ["a,b"]', 'must have no commas', ''],
    ['[server]\nlabels = ["a=b"]', 'must be a table with texts', 'labels = { region = "eu", gpu = "yes" }'],
    ['[runs]\nexecutor = "rocket"', 'must be auto or process or docker or kubernetes', 'executor = "auto"'],
    ['[server]\nport = 1\nport = 2', '3:1: settings_file_syntax: This is not valid TOML', ''],
    ['[server\n', 'settings_file_syntax: This is not valid TOML', ''],
    ['[server]\nhost = "a', '2:10: settings_file_syntax', ''],
    [
      '[openid]\nclient_secret = "x"\nclient_secret_file = "/x"',
      '3:1: invalid_setting: openid.client_secret and openid.client_secret_file are both set.',
      '',
    ],
  ])('rejects %j with its position', (text, message, advice) => {
    const error = readProblems(text);
    expect(error.message).toContain(message);
    expect(error.message).toContain(advice);
    expect(error.problems[0]).toMatchObject({ position: { file: path } });
  });

  it('lists all problems at once, and is rejected although a variable overrides the wrong value', () => {
    const error = readProblems('[server]\nport = 70000\nhots = "x"', { PUMPHOUSE_PORT: '9000' });
    expect(error.problems.map(({ code, key }) => [code, key])).toEqual([
      ['invalid_setting', 'server.port'],
      ['unknown_setting', 'server.hots'],
    ]);
  });

  it('names its line also if settings contradict each other', () => {
    const error = readProblems('[mail]\n\nsmtp_url = "smtp://mail"');
    expect(error.message).toContain('PUMPHOUSE_SMTP_URL needs PUMPHOUSE_MAIL_FROM as well');
    expect(error.message).toContain(`${path}:3:1: mail.smtp_url sets PUMPHOUSE_SMTP_URL`);
    expect(error.problems).toMatchObject([{ code: 'invalid_setting', key: 'mail.smtp_url' }]);
  });

  it.each([
    ['[encryption]\nsecret_key = "swordfish"'],
    ['[database]\nurl = "mysql://me:swordfish@db/shop"'],
    ['[engine]\nurl = 5\n[openlineage]\napi_key = ["swordfish"]'],
    ['[otlp]\nheaders = ["swordfish"]'],
  ])('never repeats a secret: %j', (text) => {
    expect(readProblems(text).message).not.toContain('swordfish');
  });
});

describe('access to a settings file', () => {
  it.each([0o620, 0o602, 0o666])('rejects one that other users can change (mode %o)', (mode) => {
    const read = () => readConfig(write('', mode));
    expect(read).toThrow(`chmod go-w ${path}`);
    expect(read).toThrow(ConfigError);
  });

  it('rejects one with a secret that all users can read, unless only its group can', () => {
    const text = '[database]\nurl = "postgres://me:swordfish@db/shop"';
    expect(() => readConfig(write(text, 0o644))).toThrow('has secrets in it: database.url. Run chmod o-r');
    expect(readConfig(write(text, 0o640)).databaseUrl).toContain('swordfish');
    expect(readConfig(write('[database]\nurl = "postgres://me@db/shop"', 0o644)).databaseUrl).toContain(
      'me@db',
    );
    expect(() => readConfig(write('[openlineage]\napi_key = "x"', 0o604))).toThrow(
      'has secrets in it: openlineage.api_key.',
    );
  });

  it('rejects one in a folder where all users can replace it', () => {
    chmodSync(folder, 0o777);
    expect(() => readConfig(write(''))).toThrow('can be replaced by other users');
    chmodSync(folder, 0o1777);
    expect(readConfig(write('')).port).toBe(8080);
    chmodSync(folder, 0o700);
  });

  it('rejects one of another user, unless that is root', () => {
    const find = (uid: number) =>
      findWriteProblem('/srv/p.toml', {
        file: { mode: 0o600, uid },
        folder: { mode: 0o700, uid },
        userId: 1000,
      });
    expect(find(1001)).toContain('/srv/p.toml belongs to another user (id 1001)');
    expect([find(0), find(1000)]).toEqual([null, null]);
  });

  it('may begin with a byte order mark', () => {
    expect(readConfig(write('\uFEFF[server]\nport = 9000')).port).toBe(9000);
  });

  it('reports a file that is missing', () => {
    const missing = join(folder, 'missing.toml');
    expect(() => readConfig({ PUMPHOUSE_CONFIG: missing })).toThrow(`${missing} cannot be read (ENOENT)`);
  });
});

describe('secrets', () => {
  const secretFile = join(folder, 'secret');

  it('are read from files that a variable or the settings file names', () => {
    writeFileSync(secretFile, 'k'.repeat(40));
    const inFile = write(`[encryption]\nsecret_key_file = "${secretFile}"`);
    expect(readConfig(inFile).secretKey).toBe('k'.repeat(40));
    expect(readConfig({ PUMPHOUSE_SECRET_KEY_FILE: secretFile }).secretKey).toBe('k'.repeat(40));
    expect(readConfig({ ...inFile, PUMPHOUSE_SECRET_KEY: 'v'.repeat(40) }).secretKey).toBe('v'.repeat(40));
  });

  it('are rejected if they are set twice, or if the file cannot be read', () => {
    const both = { PUMPHOUSE_SMTP_URL: 'smtp://mail', PUMPHOUSE_SMTP_URL_FILE: secretFile };
    expect(() => readConfig(both)).toThrow('PUMPHOUSE_SMTP_URL and PUMPHOUSE_SMTP_URL_FILE are both set');
    expect(() => readConfig({ PUMPHOUSE_SMTP_URL_FILE: '/nowhere' })).toThrow('/nowhere cannot be read');
    const named = readProblems('[mail]\nsmtp_url_file = "/nowhere"');
    expect(named.message).toContain(`${path}:2:1: mail.smtp_url_file sets PUMPHOUSE_SMTP_URL_FILE`);
  });

  it('are masked in the list of values, and values have their origin', () => {
    const file = write(
      '[server]\nport = 9000\n[database]\nurl = "postgres://me:swordfish@db/shop"\n[openlineage]\napi_key = "swordfish"',
    );
    const values = listValues(
      readSources({
        ...file,
        OTEL_EXPORTER_OTLP_HEADERS: 'a=swordfish',
        OPENLINEAGE_URL: 'http://me:swordfish@marquez',
      }),
    );
    expect(JSON.stringify(values)).not.toContain('swordfish');
    const find = (key: string) => values.find((value) => value.key === key);
    expect(find('server.port')).toMatchObject({ value: '9000', source: 'file', position: { line: 2 } });
    expect(find('database.url')).toMatchObject({ value: 'postgres://me:***@db/shop', source: 'file' });
    expect(find('otlp.headers')).toMatchObject({ value: '***', source: 'variable' });
    expect(find('server.log_level')).toMatchObject({ value: 'info', source: 'default', reload: true });
  });
});
