/** Reads the settings of OpenLineage from the environment; only `observability-settings.ts` uses this module. */
import { z } from 'zod';
import { isAbsolute } from 'node:path';
import type { LineageTransportSettings, OpenLineageSettings } from '../openlineage/lineage-sender.ts';
import { ExportSettingError } from './export-setting-error.ts';
import { settingDetails, type SettingDetails } from './setting-details.ts';

const optional = (details: SettingDetails) => z.string().optional().register(settingDetails, details);

/** The variables of the clients of OpenLineage that the server follows. */
export const openLineageSettings = {
  OPENLINEAGE_URL: optional({
    key: 'openlineage.url',
    description:
      'Address of a receiver of OpenLineage, such as `http://marquez:5000`: it gets the events of each run; without it none are sent. See [OpenLineage](openlineage.md)',
    example: 'http://marquez:5000',
  }),
  OPENLINEAGE_ENDPOINT: optional({
    key: 'openlineage.endpoint',
    description: 'Path of the receiver below that address',
    default: '`api/v1/lineage`',
  }),
  OPENLINEAGE_API_KEY: optional({
    key: 'openlineage.api_key',
    description: 'Key that the receiver gets as a bearer token',
    secret: 'value',
  }),
  OPENLINEAGE_NAMESPACE: optional({
    key: 'openlineage.namespace',
    description: 'Begin of the namespaces of all jobs and datasets; the id of the workspace follows',
    default: '`pumphouse`',
  }),
  OPENLINEAGE_DISABLED: optional({
    key: 'openlineage.disabled',
    description: 'Whether to send no events',
    form: 'flag',
    default: '`false`',
  }),
  OPENLINEAGE__TRANSPORT__TYPE: optional({
    key: 'openlineage.transport',
    description: 'Where events go: `http`, to the address above, or `file`',
    default: '`http`',
  }),
  OPENLINEAGE__TRANSPORT__LOG_FILE_PATH: optional({
    key: 'openlineage.log_file_path',
    description: 'For `file`: absolute path of the file to which events are appended, one JSON object a line',
  }),
  OPENLINEAGE__TRANSPORT__TIMEOUT: optional({
    key: 'openlineage.timeout_seconds',
    description: 'For `http`: seconds after which a request is given up',
    form: 'number',
    default: '`5`',
  }),
} as const;

type OpenLineageValues = z.output<z.ZodObject<typeof openLineageSettings>>;

const defaultNamespace = 'pumphouse';
const defaultEndpoint = 'api/v1/lineage';
const defaultTimeoutSeconds = 5;
const maxTimeoutSeconds = 60;
/** What Marquez accepts in a namespace, too. */
const namespacePattern = /^[a-zA-Z0-9:;=/_.@+-]{1,256}$/;

/**
 * @returns null if no events are to be sent
 * @throws ExportSettingError
 */
export function readOpenLineage(values: OpenLineageValues): OpenLineageSettings | null {
  if (values.OPENLINEAGE_DISABLED?.trim().toLowerCase() === 'true') return null;
  const transport = readTransport(values);
  if (transport === null) return null;
  const namespace = values.OPENLINEAGE_NAMESPACE ?? defaultNamespace;
  if (!namespacePattern.test(namespace))
    throw new ExportSettingError(
      'OPENLINEAGE_NAMESPACE must have 1 to 256 letters, digits and characters of `:;=/_.@+-`.',
    );
  return { namespace, transport };
}

function readTransport(values: OpenLineageValues): LineageTransportSettings | null {
  const kind = values.OPENLINEAGE__TRANSPORT__TYPE ?? 'http';
  if (kind === 'file') return { kind, path: readPath(values.OPENLINEAGE__TRANSPORT__LOG_FILE_PATH) };
  if (kind !== 'http') throw new ExportSettingError('OPENLINEAGE__TRANSPORT__TYPE must be http or file.');
  const url = values.OPENLINEAGE_URL;
  if (url === undefined) return null;
  return {
    kind,
    url: readUrl(url, values.OPENLINEAGE_ENDPOINT ?? defaultEndpoint),
    apiKey: readKey(values.OPENLINEAGE_API_KEY),
    timeoutMs: readTimeoutSeconds(values.OPENLINEAGE__TRANSPORT__TIMEOUT) * 1000,
  };
}

function readPath(path: string | undefined): string {
  if (path !== undefined && isAbsolute(path)) return path;
  throw new ExportSettingError(
    'OPENLINEAGE__TRANSPORT__LOG_FILE_PATH must be an absolute path, such as /var/log/pumphouse/lineage.jsonl.',
  );
}

function readUrl(base: string, endpoint: string): string {
  const text = `${base.trim().replace(/\/+$/, '')}/${endpoint.trim().replace(/^\/+/, '')}`;
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new ExportSettingError(
      'OPENLINEAGE_URL must be an http:// or https:// address, such as http://marquez:5000.',
    );
  // fetch does not send them.
  if (url.username !== '' || url.password !== '')
    throw new ExportSettingError(
      'OPENLINEAGE_URL must not contain a user or a password. Set OPENLINEAGE_API_KEY.',
    );
  return url.href;
}

/** A key with other characters cannot be sent, and its error would contain it. */
function readKey(key: string | undefined): string | null {
  if (key === undefined) return null;
  if (/^[\x21-\x7e]+$/.test(key.trim())) return key.trim();
  throw new ExportSettingError('OPENLINEAGE_API_KEY must be visible ASCII characters without spaces.');
}

function readTimeoutSeconds(text: string | undefined): number {
  const seconds = text === undefined ? defaultTimeoutSeconds : Number(text);
  if (seconds > 0 && seconds <= maxTimeoutSeconds) return seconds;
  throw new ExportSettingError(
    `OPENLINEAGE__TRANSPORT__TIMEOUT must be a number of seconds up to ${maxTimeoutSeconds}.`,
  );
}
