import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError } from './config-error.ts';
import { createLiveConfig } from './live-config.ts';
import { settingList } from './setting-list.ts';

const folder = mkdtempSync(join(tmpdir(), 'pumphouse-live-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const path = join(folder, 'pumphouse.toml');
const write = (text: string) => writeFileSync(path, text, { mode: 0o600 });

function open(text: string, variables: Record<string, string> = {}) {
  write(text);
  return createLiveConfig({ PUMPHOUSE_CONFIG: path, ...variables });
}

describe('createLiveConfig', () => {
  it('follows what a running server can follow, and lists what needs a restart', () => {
    const live = open('[server]\nport = 9000\nlog_level = "warn"');
    write('[server]\nport = 9001\nlog_level = "debug"\n[capacity]\nmax_active_runs = 3');
    expect(live.reload()).toEqual({
      applied: ['capacity.max_active_runs', 'server.log_level'],
      waiting: ['server.port'],
    });
    expect(live.current).toMatchObject({ port: 9000, logLevel: 'debug', capacity: { maxActiveRuns: 3 } });
    expect(live.listWarnings()).toEqual([
      'These settings have changed and need a restart of the server: server.port.',
    ]);
  });

  it('compares with what is in force: a change that is taken back waits no longer', () => {
    const live = open('[server]\nport = 9000\nlog_level = "warn"');
    write('[server]\nport = 9001');
    expect(live.reload()).toEqual({ applied: ['server.log_level'], waiting: ['server.port'] });
    expect(live.current.logLevel).toBe('info');
    expect(live.reload()).toEqual({ applied: [], waiting: ['server.port'] });
    write('[server]\nport = 9000');
    expect(live.reload()).toEqual({ applied: [], waiting: [] });
    expect(live.listWarnings()).toEqual([]);
  });

  it.each([
    ['an unknown key', 'prot = 1', 'server.prot is not a setting'],
    ['a wrong value', 'port = "x"', 'server.port is "x", and must be a number'],
    ['a syntax error', 'port = ', 'settings_file_syntax'],
    ['a contradiction', '[mail]\nsmtp_url = "smtp://mail"', 'PUMPHOUSE_MAIL_FROM'],
  ])('keeps everything in force if the file has %s', (_, line, message) => {
    const live = open('[server]\nlog_level = "warn"');
    write(`[server]\nlog_level = "debug"\n${line}`);
    expect(() => live.reload()).toThrow(ConfigError);
    expect(() => live.reload()).toThrow(message);
    expect(live.current.logLevel).toBe('warn');
    expect(live.listWarnings()).toEqual([]);
  });

  it('does not follow a setting of the file that a variable overrides', () => {
    const live = open('', { PUMPHOUSE_LOG_LEVEL: 'error' });
    write('[server]\nlog_level = "debug"');
    expect(live.reload()).toEqual({ applied: [], waiting: [] });
    expect(live.current.logLevel).toBe('error');
  });

  it('notices a secret that has changed in its own file', () => {
    const secret = join(folder, 'smtp-url');
    writeFileSync(secret, 'smtp://me:one@mail');
    const live = open(`[mail]\nfrom = "a@example.com"\nsmtp_url_file = "${secret}"`);
    writeFileSync(secret, 'smtp://me:two@mail');
    expect(live.reload()).toEqual({ applied: [], waiting: ['mail.smtp_url'] });
    expect(live.current.mail?.smtpUrl.password).toBe('one');
  });

  it('follows these settings, and each has a test that changes it', () => {
    expect(settingList.filter(({ reload }) => reload).map(({ key }) => key)).toEqual([
      'server.allowed_hosts', // allowed-hosts.test.ts, e2e/settings-file.test.ts
      'database.online_migrations', // online-migrations-loop.test.ts
      'capacity.max_active_runs', // read-capacity.test.ts, as the next three
      'capacity.max_active_apps',
      'capacity.apps_share',
      'capacity.overcommit',
      'limits.api_requests_per_minute', // request-limit.test.ts
      'server.log_level', // e2e/settings-file.test.ts
      'retention.limits', // retention-loop.test.ts
      'alerts.allowed_targets', // address-policy.test.ts
    ]);
  });

  it('reloads without a file, too', () => {
    const live = createLiveConfig({ PUMPHOUSE_PORT: '9000' });
    expect(live.reload()).toEqual({ applied: [], waiting: [] });
    expect(live.current.port).toBe(9000);
  });
});
