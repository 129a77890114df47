import type { ConfigurationResponse, DeploymentOverviewResponse } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import type { Session } from '../session/session.ts';
import { isId } from '../http/is-id.ts';

/** The two histories of a workspace: its code, and its configuration. */
export type VersionKind = 'deployment' | 'configuration';
export type Version = DeploymentOverviewResponse | ConfigurationResponse;

/**
 * Finds a version by its number (`12` or `v12`), its id, or as `latest`.
 * @throws CommandError version_not_found, nothing_deployed, invalid_version
 */
export async function findVersion(session: Session, kind: VersionKind, given = 'latest'): Promise<Version> {
  const number = parseVersion(given);
  if (number === 'latest') return findLatest(session, kind);
  if (number === null) return readById(session, kind, given);
  const [found] = await readVersions(session, kind, { version: number, limit: 1 });
  if (found) return found;
  const latest = await findLatest(session, kind);
  throw new CommandError(`There is no ${kind} ${number}.`, {
    code: 'version_not_found',
    exitCode: exitCodes.notFound,
    nextStep: `The latest is ${latest.version}. pumphouse ${kind} list shows all.`,
  });
}

/** Reads versions, the newest first. */
export async function readVersions(
  session: Session,
  kind: VersionKind,
  query: { version?: number; limit: number; offset?: number },
): Promise<readonly Version[]> {
  const params = { workspace_id: await session.workspaceId() };
  const newestFirst = { sort: ['version' as const], order: ['desc' as const] };
  const { items } =
    kind === 'deployment'
      ? await session.client.call('list_deployment_overviews', {
          params,
          query: { ...query, ...newestFirst },
        })
      : await session.client.call('list_configurations', { params, query: { ...query, ...newestFirst } });
  return items;
}

/** @throws CommandError nothing_deployed */
async function findLatest(session: Session, kind: VersionKind): Promise<Version> {
  const [latest] = await readVersions(session, kind, { limit: 1 });
  if (latest) return latest;
  throw new CommandError(`This workspace has no ${kind} yet.`, {
    code: 'nothing_deployed',
    exitCode: exitCodes.notFound,
    nextStep: 'Run pumphouse deploy in the workspace folder.',
  });
}

async function readById(session: Session, kind: VersionKind, id: string): Promise<Version> {
  const workspace_id = await session.workspaceId();
  return kind === 'deployment'
    ? session.client.call('get_deployment_overview', { params: { workspace_id, deployment_id: id } })
    : session.client.call('get_configuration', { params: { workspace_id, configuration_id: id } });
}

/**
 * Parses a version.
 * @returns null if it is an id
 * @throws CommandError invalid_version
 */
export function parseVersion(text: string): number | 'latest' | null {
  if (text === 'latest') return 'latest';
  if (isId(text)) return null;
  if (/^v?[1-9]\d{0,8}$/.test(text)) return Number(text.replace('v', ''));
  throw new CommandError(`${text} is not a version.`, {
    code: 'invalid_version',
    exitCode: exitCodes.usage,
    nextStep: 'Give a number such as 12, or latest.',
  });
}
