import type { TextQueryable } from '../pool.ts';

type Sql = Pick<TextQueryable, 'execute'>;

/** Moves what has happened to local data into the past. */
export async function ageLocalData(sql: Sql, workspaceId: string, hours: number): Promise<void> {
  const values = [workspaceId, hours];
  await sql.execute({
    text: `update local_data_files set ended_at = ended_at - make_interval(hours => $2) where workspace_id = $1`,
    values,
  });
  await sql.execute({
    text: `update local_data_parts set stored_at = stored_at - make_interval(hours => $2) where workspace_id = $1`,
    values,
  });
  await sql.execute({
    text: `update local_data_manifests set swept_at = swept_at - make_interval(hours => $2) where workspace_id = $1`,
    values,
  });
}

/** Adds parts of two gigabytes each that an attempt has uploaded, without their content. */
export async function addLargeParts(
  sql: Sql,
  {
    workspaceId,
    profile,
    attemptId,
    count,
  }: { workspaceId: string; profile: string; attemptId: string; count: number },
): Promise<void> {
  await sql.execute({
    text: `insert into local_data_parts (workspace_id, profile, sha256, size_bytes, blob_key, attempt_id)
           select $1, $2, 'large ' || n, 2000000000, 'none', $3 from generate_series(1, $4::int) as n`,
    values: [workspaceId, profile, attemptId, count],
  });
}
