import { ApiError } from '@pumphouse/client';
import type { DeploymentResponse } from '@pumphouse/contract';
import type { Python } from '../manifest/find-python.ts';
import type { Session } from '../session/session.ts';
import { hashFiles, type HashedSelection } from './hash-files.ts';
import { checkSize } from './large-files.ts';
import { selectCode, selectConfiguration, type Selection } from './select-files.ts';
import { uploadCode, uploadConfiguration } from './upload-version.ts';
import { orNull } from '../http/or-null.ts';

/** The files of a workspace folder, read once for a command. */
export interface LocalVersions {
  code: HashedSelection;
  configuration: HashedSelection;
  /** Sentences for the user. */
  warnings: string[];
}

/** What became of the code or the configuration. */
export interface SyncOutcome {
  /** The version that runs use from now on; null in a dry run of a first upload. */
  version: number | null;
  id: string | null;
  outcome: 'unchanged' | 'uploaded' | 'would_upload';
}

/** The outcome of both. */
export interface SyncResult {
  deployment: SyncOutcome;
  configuration: SyncOutcome;
}

/** Reads and hashes the files of a workspace folder. */
export async function readLocalVersions(root: string): Promise<LocalVersions> {
  const [code, configuration] = await Promise.all([selectCode(root), selectConfiguration(root)]);
  const hash = ({ files }: Selection) => hashFiles(files);
  const hashed = await Promise.all([hash(code), hash(configuration)]);
  return {
    code: hashed[0],
    configuration: hashed[1],
    warnings: [...code.warnings, ...configuration.warnings],
  };
}

/** Uploads the code and the configuration that differ from the latest versions of the server. */
export async function syncWorkspace(
  session: Session,
  local: LocalVersions,
  context: { root: string; python: Python | null; isDryRun: boolean; message?: string | null },
): Promise<SyncResult> {
  const params = { workspace_id: await session.workspaceId() };
  const [latestCode, latestConfiguration] = await Promise.all([
    // A workspace without a version answers 404.
    orNull([404], session.client.call('get_deployment_latest', { params })),
    orNull([404], session.client.call('get_configuration_latest', { params })),
  ]);
  const deployment = await syncOne(session, latestCode, local.code, context.isDryRun, async () => {
    checkSize(session.terminal, local.code.files);
    const uploaded = await uploadCode(session, local.code, context);
    if (context.message) await describeVersion(session, uploaded, context.message);
    return uploaded;
  });
  const configuration = await syncOne(
    session,
    latestConfiguration,
    local.configuration,
    context.isDryRun,
    () => uploadConfiguration(session, local.configuration),
  );
  return { deployment, configuration };
}

/** Stores the message of a new version. The version is in use by now, so a failure is only a warning. */
async function describeVersion(
  { client, terminal }: Session,
  { workspace_id, id, version }: DeploymentResponse,
  message: string,
): Promise<void> {
  try {
    const params = { workspace_id, deployment_id: id };
    await client.call('set_deployment_message', { params, body: { message } });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    terminal.alert(
      `Warning: the code is version ${version}, but its message was not stored: ${error.detail}`,
    );
  }
}

interface StoredVersion {
  id: string;
  version: number;
  content_hash: string;
}

async function syncOne(
  session: Session,
  latest: StoredVersion | null,
  local: HashedSelection,
  isDryRun: boolean,
  upload: () => Promise<StoredVersion>,
): Promise<SyncOutcome> {
  if (latest?.content_hash === local.contentHash)
    return { version: latest.version, id: latest.id, outcome: 'unchanged' };
  if (isDryRun) return { version: latest?.version ?? null, id: latest?.id ?? null, outcome: 'would_upload' };
  const { version, id } = await upload();
  session.terminal.redraw('');
  return { version, id, outcome: 'uploaded' };
}
