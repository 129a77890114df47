import type { FastifyRequest } from 'fastify';

/** What a release of the older client expects. Sign-in calls and the oldest releases do not name theirs. */
export interface ClientRelease {
  /** Knows job definitions, other triggers than `manual` and `schedule`, and jobs of the type `stream` (0.25). */
  readsDefinitions: boolean;
  /** Reads a log as a list of lines (0.21); the others read a text. */
  readsLogLines: boolean;
}

const namedClient = /^dlt-runtime-cli\/(\d+)\.(\d+)/;
const firstWithDefinitions = 25;

export function readClientRelease({ headers }: Pick<FastifyRequest, 'headers'>): ClientRelease {
  const [, major, minor] = namedClient.exec(headers['user-agent'] ?? '') ?? [];
  if (minor === undefined) return { readsDefinitions: false, readsLogLines: false };
  const readsDefinitions = Number(major) > 0 || Number(minor) >= firstWithDefinitions;
  return { readsDefinitions, readsLogLines: true };
}
