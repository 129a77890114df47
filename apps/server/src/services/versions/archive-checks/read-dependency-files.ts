import type { DependencyFiles } from '../../../domain/environments/derived-requirements.ts';
import type { PackageFile } from '../../../store/records.ts';
import { createReadStream } from 'node:fs';
import { readRequirementLines } from '@pumphouse/contract';
import { parse as parseToml } from 'smol-toml';
import { readArchiveFile } from '../../../archives/read-archive-file.ts';
import { ServiceError } from '../../../platform/service-error.ts';

const maxFileBytes = 1024 * 1024;

/**
 * Reads the files of a checked archive that declare its dependencies.
 * @throws ServiceError invalid_request for a file that cannot be read
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
  const pythonVersion = await read('.python-version');
  if (pyproject !== undefined) return { pyproject: parsePyproject(pyproject), pythonVersion };
  for (const name of ['requirements.txt', 'requirements.in']) {
    const text = await read(name);
    if (text !== undefined) return { requirements: parseRequirements(text, name), pythonVersion };
  }
  return { pythonVersion };
}

function parseRequirements(text: string, name: string): string[] {
  const { lines, problem } = readRequirementLines(text, name);
  if (problem === null) return lines;
  throw new ServiceError('invalid_request', `${problem.message} ${problem.nextStep}`);
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
