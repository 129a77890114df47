import type { PackageFile } from '../../../store/records.ts';
import type { Readable } from 'node:stream';
import { parse as parseToml } from 'smol-toml';
import { readArchiveFile } from '../../../archives/read-archive-file.ts';
import { ServiceError } from '../../../platform/service-error.ts';

const maxFileBytes = 1024 * 1024;
const path = 'pyproject.toml';

/**
 * Reads `pyproject.toml` of a checked archive; undefined if the code has none.
 * @throws ServiceError invalid_request if it cannot be read
 */
export async function readPyproject(
  open: () => Readable | Promise<Readable>,
  files: readonly PackageFile[],
): Promise<unknown> {
  const file = files.find((one) => one.relative_path === path);
  if (!file || file.linkname !== undefined) return undefined;
  const content = await readArchiveFile(await open(), path, maxFileBytes);
  try {
    return parseToml(new TextDecoder().decode(content));
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new ServiceError(
      'invalid_request',
      `pyproject.toml is not valid TOML (${reason}). Correct the file, then upload again.`,
    );
  }
}
