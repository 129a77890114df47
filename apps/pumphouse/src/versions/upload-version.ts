import { openAsBlob } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type Client } from '@pumphouse/client';
import type { RouteResponse } from '@pumphouse/contract';
import type { Python } from '../manifest/find-python.ts';
import { readRequirements } from '../requirements/read-requirements.ts';
import type { Session } from '../session/session.ts';
import { createUploadFetch } from './upload-progress.ts';
import type { HashedSelection } from './hash-files.ts';
import { writeArchive } from './write-archive.ts';

/** Uploads code and its requirements, and returns the new version. */
export async function uploadCode(
  session: Session,
  { files }: HashedSelection,
  { root, python }: { root: string; python: Python | null },
): Promise<RouteResponse<'upload_deployment'>> {
  const workspace_id = await session.workspaceId();
  session.terminal.redraw('Reading requirements');
  const { requirements, warnings } = await readRequirements(root, { python, env: session.terminal.env });
  for (const warning of warnings) session.terminal.note(warning);
  return withArchive(session, files, async (file, client) => {
    const issued = await session.client.call('issue_upload_deployment', { params: { workspace_id } });
    const json = JSON.stringify(requirements);
    return client.call('upload_deployment', {
      params: { workspace_id, deployment_id: issued.deployment_id },
      body: {
        file: new File([file], 'workspace.tar.gz', { type: 'application/x-tar' }),
        requirements_file: new File([json], 'requirements.json', { type: 'application/json' }),
      },
      credential: issued.upload_token,
    });
  });
}

/** Uploads the configuration, and returns the new version. */
export async function uploadConfiguration(
  session: Session,
  { files }: HashedSelection,
): Promise<RouteResponse<'upload_configuration'>> {
  const workspace_id = await session.workspaceId();
  return withArchive(session, files, async (file, client) => {
    const issued = await session.client.call('issue_upload_configuration', { params: { workspace_id } });
    return client.call('upload_configuration', {
      params: { workspace_id, configuration_id: issued.configuration_id },
      body: { file: new File([file], 'configurations.tar.gz', { type: 'application/x-tar' }) },
      credential: issued.upload_token,
    });
  });
}

/** Packs files into a temporary archive, which only the user can read and which is removed in any case. */
async function withArchive<Result>(
  session: Session,
  files: HashedSelection['files'],
  upload: (archive: Blob, client: Client) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-'));
  try {
    const path = join(folder, 'archive.tar.gz');
    session.terminal.redraw(`Packing ${files.length} files`);
    await writeArchive(files, path);
    const archive = await openAsBlob(path);
    const fetch = createUploadFetch(session.fetch, session.terminal, archive.size);
    return await upload(archive, createClient({ baseUrl: session.serverUrl, fetch }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
