import type { AwsCredentials } from '../../blobs/s3/sign-request.ts';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { PlaygroundError } from './playground.ts';

const key = z.object({ access_key_id: z.string().min(1), secret_access_key: z.string().min(1) });
const file = z.record(z.uuid(), z.object({ read_write: key, read_only: key.optional() }));

/**
 * Reads the key of a workspace from the operator's file, which may change while the server runs.
 * @returns null if the file does not name the workspace
 * @throws PlaygroundError
 */
export async function readWorkspaceKey(
  path: string,
  { workspaceId, mayWrite }: { workspaceId: string; mayWrite: boolean },
): Promise<AwsCredentials | null> {
  const keys = (await readKeys(path))[workspaceId];
  if (!keys) return null;
  const found = mayWrite ? keys.read_write : (keys.read_only ?? keys.read_write);
  return { accessKeyId: found.access_key_id, secretAccessKey: found.secret_access_key };
}

async function readKeys(path: string) {
  try {
    return file.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    // Without the cause: messages of parsers quote the text, which has secrets.
    const reason =
      error instanceof Error && 'code' in error ? 'cannot be read' : 'is not a valid file of keys';
    throw new PlaygroundError(
      'playground_unavailable',
      `${path} (PUMPHOUSE_PLAYGROUND_KEYS_FILE) ${reason}. See docs/operate/playground.md.`,
    );
  }
}
