import { readAll } from '../paging/read-all.ts';
import type { Session } from '../session/session.ts';

/** The names of the pipelines of the workspace. */
export async function readPipelineNames(session: Session): Promise<string[]> {
  const params = { workspace_id: await session.workspaceId() };
  const rows = await readAll((query) => session.client.call('list_pipeline_freshness', { params, query }));
  return rows.map(({ pipeline_name }) => pipeline_name);
}

/** The names of the datasets of the workspace. */
export async function readDatasetNames(session: Session): Promise<string[]> {
  const params = { workspace_id: await session.workspaceId() };
  const rows = await readAll((query) => session.client.call('list_dataset_stats', { params, query }));
  return rows.map(({ dataset_name }) => dataset_name);
}
