import type { FastifyInstance } from 'fastify';
import { ServiceError } from '../platform/service-error.ts';

/**
 * First release of dlthub-client that speaks this server's API. Older releases send different calls to the
 * same URLs.
 */
export const minClientVersion = '0.28.7';

/** The older client, `dlt runtime`, has routes of its own up to this release. */
const olderClient = { name: 'dlt-runtime-cli', before: '0.27', path: '/v1/' };

/** User agents of the official client: command line (the first is the older name), MCP tools, Python SDK. */
const officialClient = /^(dlt-runtime-cli|dlthub-cli|dlthub-mcp|dlthub-python-sdk)\/(\d+(?:\.\d+)*)/;

/**
 * Sends the minimum client release with every response, and rejects older official clients before any other
 * check. Otherwise they would get a missing path or an unreadable field without an explanation. Newer clients
 * append the header's advice to errors themselves.
 */
export function addClientVersions(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-dlthub-min-client-version', minClientVersion);
    const version = readOldVersion(request.headers['user-agent'], request.url);
    if (version === null) return;
    // Older clients lower-case everything after the first letter of a detail, so this is a single sentence.
    const detail =
      `The installed client, version ${version}, is too old for this server; ` +
      `upgrade it: pip install --upgrade 'dlthub-client>=${minClientVersion}'`;
    throw new ServiceError('client_too_old', detail);
  });
}

/** Returns the version of an official client that is too old for this server; null for every other caller. */
function readOldVersion(userAgent: string | undefined, url: string): string | null {
  const [, name, version] = officialClient.exec(userAgent ?? '') ?? [];
  if (version === undefined || !isBefore(version, minClientVersion)) return null;
  const isOlderClient = name === olderClient.name && isBefore(version, olderClient.before);
  return isOlderClient && url.startsWith(olderClient.path) ? null : version;
}

function isBefore(version: string, other: string): boolean {
  const [left, right] = [version, other].map((text) => text.split('.').map(Number));
  for (let scope = 0; scope < 3; scope += 1) {
    const difference = (left?.[scope] ?? 0) - (right?.[scope] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
