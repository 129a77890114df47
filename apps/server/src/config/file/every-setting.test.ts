import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfig } from '../config.ts';
import { settingList, settingNames } from '../setting-list.ts';
import { parseSettingsFile } from './parse-settings-file.ts';
import { readEntries } from './read-entries.ts';
import { readSources } from './read-sources.ts';
import { formatValue } from './value-forms.ts';
import { writeExample } from './write-example.ts';

const folder = mkdtempSync(join(tmpdir(), 'pumphouse-every-setting-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, content: string) => {
  const path = join(folder, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
};

const longSecret = 'swordfish'.repeat(5);

/** A value for each setting that can be set together with the others, other than its default. */
const common: Record<string, string> = {
  PUMPHOUSE_DATA_DIR: '/srv/pumphouse',
  PUMPHOUSE_HOST: '10.0.0.9',
  PUMPHOUSE_PORT: '9000',
  PUMPHOUSE_PUBLIC_URL: 'https://pumphouse.example.com',
  PUMPHOUSE_ALLOWED_HOSTS: 'a.internal,10.0.0.5',
  PUMPHOUSE_INTERNAL_ADDRESS: '10.0.0.5:9000',
  PUMPHOUSE_TRUSTED_PROXIES: '10.0.0.1,10.1.0.0/16',
  PUMPHOUSE_ATTEMPTS_URL: 'http://10.0.0.5:9001',
  PUMPHOUSE_ATTEMPTS_HOST: '0.0.0.0',
  PUMPHOUSE_ATTEMPTS_PORT: '9001',
  PUMPHOUSE_DATABASE_URL: 'postgres://me@db/shop',
  PUMPHOUSE_DATABASE_PASSWORD_FILE: file('database-password', 'swordfish'),
  PUMPHOUSE_ONLINE_MIGRATIONS: '0',
  PUMPHOUSE_BLOBS_URL: 's3://shop/pump',
  PUMPHOUSE_BLOBS_FALLBACK_URL: 'file:///srv/old-blobs',
  PUMPHOUSE_S3_ENDPOINT: 'https://s3.example.com',
  PUMPHOUSE_S3_PUBLIC_ENDPOINT: 'https://public.example.com',
  PUMPHOUSE_S3_DIRECT_READS: '1',
  PUMPHOUSE_S3_REGION: 'eu-central-1',
  PUMPHOUSE_S3_ACCESS_KEY_ID: 'pump',
  PUMPHOUSE_S3_SECRET_ACCESS_KEY: longSecret,
  PUMPHOUSE_S3_FORCE_PATH_STYLE: '0',
  PUMPHOUSE_S3_ENCRYPTION: 'aws:kms:key/1',
  PUMPHOUSE_BACKUP_URL: 's3://backups/pump',
  PUMPHOUSE_BACKUP_SCHEDULE: '30 1 * * 0',
  PUMPHOUSE_BACKUP_KEEP: '3d,2m',
  PUMPHOUSE_BACKUP_RECIPIENTS: `age1${'q'.repeat(58)}`,
  PUMPHOUSE_PLAYGROUND: 's3://play/ground',
  PUMPHOUSE_PLAYGROUND_ROLE: 'arn:aws:iam::1:role/play',
  PUMPHOUSE_PLAYGROUND_STS_ENDPOINT: 'https://sts.example.com',
  PUMPHOUSE_PLAYGROUND_HOURS: '3',
  PUMPHOUSE_ROLES: 'scheduler,supervisor',
  PUMPHOUSE_LABELS: 'gpu=a100,zone=eu',
  PUMPHOUSE_SERVER_URL: 'https://server.example.com',
  PUMPHOUSE_WORKER_TOKEN_FILE: '/etc/pumphouse/worker-token',
  PUMPHOUSE_LEASE_SECONDS: '7.5',
  PUMPHOUSE_EXECUTOR: 'docker',
  PUMPHOUSE_RUNS_LOOPBACK_PORTS: '5432,8123',
  PUMPHOUSE_RUNS_CLOUD_METADATA: 'open',
  PUMPHOUSE_TEMPLATES_MEMORY_PERCENT: '11',
  PUMPHOUSE_SLOTS_MEMORY_PERCENT: '12',
  PUMPHOUSE_ALLOW_UNISOLATED: '1',
  PUMPHOUSE_INSTANCE_SIZES: 'small=1/512/100 large=4/2048/200/100',
  PUMPHOUSE_UV: '/opt/uv',
  PUMPHOUSE_BWRAP: '/opt/bwrap',
  PUMPHOUSE_PASTA: '/opt/pasta',
  PUMPHOUSE_PYTHON_DOWNLOADS: 'on',
  PUMPHOUSE_PYTHON: '/opt/python3',
  PUMPHOUSE_ENGINE_URL: 'tcp://engine:2375',
  PUMPHOUSE_RUNNER_IMAGE: 'runner:{python}',
  PUMPHOUSE_RUNS_EGRESS: '0',
  PUMPHOUSE_SECRET_KEY: longSecret,
  PUMPHOUSE_OTHER_SECRET_KEYS: `${longSecret}1,${longSecret}2`,
  PUMPHOUSE_APPS_PORT: '9002',
  PUMPHOUSE_APPS_DOMAIN: 'apps.example.com',
  PUMPHOUSE_MAX_ACTIVE_RUNS: '3',
  PUMPHOUSE_MAX_ACTIVE_APPS: '2',
  PUMPHOUSE_APPS_SHARE: '0.25',
  PUMPHOUSE_UNKNOWN_MINUTES: '20',
  PUMPHOUSE_OVERCOMMIT: '2/1.5',
  PUMPHOUSE_MAX_UPLOAD_MB: '10',
  PUMPHOUSE_MAX_UNPACKED_MB: '20',
  PUMPHOUSE_API_REQUESTS_PER_MINUTE: '100',
  PUMPHOUSE_OIDC_ISSUER: 'https://accounts.example.com',
  PUMPHOUSE_OIDC_CLIENT_ID: 'pump',
  PUMPHOUSE_OIDC_CLIENT_SECRET: longSecret,
  PUMPHOUSE_OIDC_NAME: 'Staff',
  PUMPHOUSE_OIDC_SIGN_UP: 'anyone',
  PUMPHOUSE_LOG_LEVEL: 'warn',
  PUMPHOUSE_PENDING_MAX_GB: '1.5',
  PUMPHOUSE_PENDING_DAYS: '9',
  PUMPHOUSE_RETENTION: 'logs=9d/1GB,traces=off',
  PUMPHOUSE_SMTP_URL: 'smtps://me:swordfish@mail.example.com',
  PUMPHOUSE_MAIL_FROM: 'Pumphouse <pump@example.com>',
  PUMPHOUSE_ALERTS_ALLOWED_TARGETS: 'alerts.internal,10.1.0.0/16',
  PUMPHOUSE_PAGERDUTY_URL: 'https://relay.example.com',
  PUMPHOUSE_METRICS_TOKEN_FILE: file('metrics-token', 'swordfish'),
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/t',
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://collector:4318/m',
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
  OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/protobuf',
  OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20a%2Cb',
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-traces=1',
  OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'x-metrics=1',
  OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '1001',
  OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: '1002',
  OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
  OTEL_EXPORTER_OTLP_CERTIFICATE: file('ca.pem', 'a'),
  OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: file('cert.pem', 'b'),
  OTEL_EXPORTER_OTLP_CLIENT_KEY: file('key.pem', 'c'),
  OTEL_SERVICE_NAME: 'pump',
  OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=staging,team=data%20eng',
  OTEL_TRACES_EXPORTER: 'otlp',
  OTEL_TRACES_SAMPLER: 'traceidratio',
  OTEL_TRACES_SAMPLER_ARG: '0.5',
  OTEL_METRICS_EXPORTER: 'otlp',
  OTEL_METRIC_EXPORT_INTERVAL: '2000',
  OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta',
  OTEL_SDK_DISABLED: 'false',
  OPENLINEAGE_URL: 'http://marquez:5000',
  OPENLINEAGE_ENDPOINT: 'lineage',
  OPENLINEAGE_API_KEY: longSecret,
  OPENLINEAGE_NAMESPACE: 'pump',
  OPENLINEAGE_DISABLED: 'false',
  OPENLINEAGE__TRANSPORT__TYPE: 'http',
  OPENLINEAGE__TRANSPORT__TIMEOUT: '3',
  PUMPHOUSE_PAUSE_AT: 'before-files-removed:/tmp/pause',
};

/** The settings that contradict some of the others. */
const alternatives: Record<string, string> = {
  PUMPHOUSE_EXECUTOR: 'kubernetes',
  PUMPHOUSE_ATTEMPTS_URL: 'http://10.0.0.5:9001',
  PUMPHOUSE_PUBLIC_URL: 'https://pumphouse.example.com',
  PUMPHOUSE_KUBERNETES_CONFIG: '/etc/kubeconfig',
  PUMPHOUSE_KUBERNETES_NAMESPACE: 'runs',
  PUMPHOUSE_KUBERNETES_VOLUME_CLAIM: 'claim',
  PUMPHOUSE_KUBERNETES_POD_PATCH: '{"pods": {"spec": {"priorityClassName": "low"}}}',
  PUMPHOUSE_KUBERNETES_SERVER: 'app=pumphouse,tier=server',
  PUMPHOUSE_KUBERNETES_OPEN_NETWORKS: '10.0.0.0/8,192.168.0.0/16',
  PUMPHOUSE_KUBERNETES_PENDING_MINUTES: '5',
  PUMPHOUSE_KUBERNETES_MAX_PENDING_PODS: '6',
  PUMPHOUSE_RUNS_NETWORK: 'runs',
  PUMPHOUSE_APPS_PORTS: '9100-9199',
  PUMPHOUSE_PLAYGROUND: 's3://play/ground',
  PUMPHOUSE_PLAYGROUND_KEYS_FILE: '/etc/pumphouse/playground.json',
  OPENLINEAGE__TRANSPORT__TYPE: 'file',
  OPENLINEAGE__TRANSPORT__LOG_FILE_PATH: '/var/log/lineage.jsonl',
};

/** Each secret of the common settings in a file of its own. */
const secretFiles: Record<string, string> = Object.fromEntries(
  settingList.flatMap(({ variable, fileOf }) =>
    fileOf === null ? [] : [[variable, file(variable, common[fileOf] ?? '')]],
  ),
);
const withSecretFiles = {
  ...Object.fromEntries(Object.entries(common).filter(([variable]) => !(`${variable}_FILE` in secretFiles))),
  ...secretFiles,
};

function writeAsFile(variables: Record<string, string>): { PUMPHOUSE_CONFIG: string } {
  const lines = settingList.flatMap(({ variable, key, form }) => {
    const text = variables[variable];
    return text === undefined ? [] : [`${key} = ${formatValue(form, text)}`];
  });
  return { PUMPHOUSE_CONFIG: file('pumphouse.toml', `${lines.join('\n')}\n`) };
}

describe('every setting', () => {
  it('has a value in this test', () => {
    const given = new Set([common, alternatives, withSecretFiles].flatMap((values) => Object.keys(values)));
    expect(settingNames.filter((name) => !given.has(name))).toEqual([]);
  });

  it.each([
    ['all common ones', common],
    ['their alternatives', alternatives],
    ['secrets in files', withSecretFiles],
  ])('has the same effect in a file as in a variable: %s', (_, variables) => {
    const asFile = writeAsFile(variables);
    expect(readConfig(asFile)).toEqual(readConfig(variables));
    const { PUMPHOUSE_CONFIG: _path, ...read } = readSources(asFile).variables;
    expect(read).toEqual(variables);
  });

  it('has the same effect with its secret in a file', () => {
    expect(readConfig(withSecretFiles)).toEqual(readConfig(common));
  });

  it('has a key of its own, in a table', () => {
    const keys = settingList.map(({ key }) => key);
    expect(keys.filter((key) => !/^[a-z0-9]+\.[a-z0-9_]+$/.test(key))).toEqual([]);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('config example', () => {
  const lines = writeExample().split('\n');
  const settingLine = /^# (\w+ = .*)$/;

  it('sets nothing as it is', () => {
    const parsed = parseSettingsFile(lines.join('\n'), 'example');
    expect('entries' in parsed && readEntries(parsed.entries)).toEqual({ found: [], problems: [] });
  });

  it('has a valid line for every setting', () => {
    let table = '';
    const keys = lines.flatMap((line) => {
      table = /^\[(\w+)\]$/.exec(line)?.[1] ?? table;
      const setting = settingLine.exec(line)?.[1];
      if (setting === undefined) return [];
      const parsed = parseSettingsFile(`[${table}]\n${setting}`, 'example');
      if ('problem' in parsed) throw new Error(`${setting}: ${parsed.problem.message}`);
      expect(readEntries(parsed.entries).problems).toEqual([]);
      return [`${table}.${setting.split(' ')[0]}`];
    });
    expect(keys.toSorted()).toEqual(settingList.map(({ key }) => key).toSorted());
  });
});
