import type { FastifyInstance } from 'fastify';
import { ServiceError } from '../platform/service-error.ts';

/** The first release of dlthub-client that speaks the API of this server; those before it send other calls to the same addresses. */
export const minClientVersion = '0.28.7';

/** How the official client names itself: its command line (the first is the older name), its MCP tools, its Python SDK. */
const officialClient = /^(?:dlt-runtime-cli|dlthub-cli|dlthub-mcp|dlthub-python-sdk)\/(\d+(?:\.\d+)*)/;

/**
 * Tells the official client, with every answer, from which release on it is served, and refuses an older one before anything else is
 * looked at: what it asks for would otherwise be answered with a missing path or a field that it cannot read, and its user would not
 * know why. A later client appends the header's advice to errors by itself.
 */
export function addClientVersions(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-dlthub-min-client-version', minClientVersion);
    const version = readOldVersion(request.headers['user-agent']);
    if (version === null) return;
    // Older clients print all but the first letter of a detail in small letters, so it is one sentence.
    const detail =
      `The installed client, version ${version}, is too old for this server; ` +
      `upgrade it: pip install --upgrade 'dlthub-client>=${minClientVersion}'`;
    throw new ServiceError('client_too_old', detail);
  });
}

/** The version that an official client too old for this server gives of itself; null for every other caller. */
function readOldVersion(userAgent: string | undefined): string | null {
  const version = officialClient.exec(userAgent ?? '')?.[1];
  return version !== undefined && isBefore(version, minClientVersion) ? version : null;
}

function isBefore(version: string, other: string): boolean {
  const [left, right] = [version, other].map((text) => text.split('.').map(Number));
  for (let place = 0; place < 3; place += 1) {
    const difference = (left?.[place] ?? 0) - (right?.[place] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
