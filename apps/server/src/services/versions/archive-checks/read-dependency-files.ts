import type { DependencyFiles } from '../../../domain/environments/derived-requirements.ts';
import type { PackageFile } from '../../../store/records.ts';
import { createReadStream } from 'node:fs';
import { parse as parseToml } from 'smol-toml';
import { readArchiveFile } from '../../../archives/read-archive-file.ts';
import { ServiceError } from '../../../platform/service-error.ts';

const maxFileBytes = 1024 * 1024;

/**
 * Reads the files of a checked archive that declare its dependencies.
 * @throws ServiceError invalid_request for a `pyproject.toml` that cannot be read
 */
export async function readDependencyFiles(
  archivePath: string,
  files: readonly PackageFile[],
): Promise<DependencyFiles> {
  async function read(path: string): Promise<string | undefined> {
    const file = files.find((one) => one.relative_path === path);
    if (!file || file.linkname !== undefined) return undefined;
    const content = await readArchiveFile(createReadStream(archivePath), path, maxFileBytes);
    return new TextDecoder().decode(content);
  }

  const pyproject = await read('pyproject.toml');
  return {
    pyproject: pyproject === undefined ? undefined : parsePyproject(pyproject),
    requirements: (await read('requirements.txt')) ?? (await read('requirements.in')),
    pythonVersion: await read('.python-version'),
  };
}

function parsePyproject(text: string): unknown {
  try {
    return parseToml(text);
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new ServiceError(
      'invalid_request',
      `pyproject.toml is not valid TOML (${reason}). Correct the file, then upload again.`,
    );
  }
}
