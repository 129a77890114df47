import type { DependencyFiles } from '../../../domain/environments/derived-requirements.ts';
import type { PackageFile } from '../../../store/records.ts';
import { createReadStream } from 'node:fs';
import {
  findUnresolvable,
  readRequirementLines,
  RequirementFileError,
  type RequirementsFile,
} from '@pumphouse/contract';
import { addIncludedGroups } from '../../../domain/environments/included-groups.ts';
import { deriveRequirements } from '../../../domain/environments/derived-requirements.ts';
import { findDroppedLine } from '../../../domain/environments/dropped-lines.ts';
import { readArchiveFile } from '../../../archives/read-archive-file.ts';
import { readPyproject } from './read-pyproject.ts';
import { ServiceError } from '../../../platform/service-error.ts';

const maxFileBytes = 1024 * 1024;

/** A checked archive, and its files. */
interface Archive {
  path: string;
  files: readonly PackageFile[];
}

/**
 * Derives the requirements of code that came without them.
 * @throws ServiceError invalid_request, invalid_requirements for a file that cannot be read
 */
export async function deriveSentRequirements(archive: Archive): Promise<Record<string, unknown>> {
  const files = await readDependencyFiles(archive);
  return explain(() => deriveRequirements(files));
}

/**
 * Checks requirements that a client has read from files of the code.
 * @returns them with the groups that the client has not included; null if it has left out nothing
 * @throws ServiceError invalid_request, invalid_requirements for a line that the client has left out
 */
export async function completeSentRequirements(archive: Archive, requirements: unknown): Promise<unknown> {
  const pyproject = await readPyproject(() => createReadStream(archive.path), archive.files);
  if (pyproject !== undefined) {
    // uv has included the groups.
    const isLocked = archive.files.some((file) => file.relative_path === 'uv.lock');
    return isLocked ? null : explain(() => addIncludedGroups(pyproject, requirements));
  }
  const declared = await readRequirementsFile(archive);
  const dropped =
    declared &&
    (findDroppedLine(declared, requirements) ??
      (await findUnresolvable(declared.name, (path) => readText(archive, path))));
  if (dropped) throw refuse(dropped);
  return null;
}

async function readDependencyFiles(archive: Archive): Promise<DependencyFiles> {
  const pythonVersion = await readText(archive, '.python-version');
  const pyproject = await readPyproject(() => createReadStream(archive.path), archive.files);
  if (pyproject !== undefined) return { pyproject, pythonVersion };
  const { lines, errors } = (await readRequirementsFile(archive)) ?? { lines: [], errors: [] };
  if (errors[0]) throw refuse(errors[0]);
  return { requirements: lines.map((line) => line.text), pythonVersion };
}

async function readRequirementsFile(archive: Archive): Promise<(RequirementsFile & { name: string }) | null> {
  for (const name of ['requirements.txt', 'requirements.in']) {
    const text = await readText(archive, name);
    if (text !== undefined) return { name, ...readRequirementLines(text, name) };
  }
  return null;
}

async function readText({ path, files }: Archive, name: string): Promise<string | undefined> {
  const file = files.find((one) => one.relative_path === name);
  if (!file || file.linkname !== undefined) return undefined;
  const content = await readArchiveFile(createReadStream(path), name, maxFileBytes);
  return new TextDecoder().decode(content);
}

/** @throws ServiceError invalid_requirements in place of a RequirementFileError */
function explain<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw error instanceof RequirementFileError ? refuse(error) : error;
  }
}

function refuse({ message, nextStep }: RequirementFileError): ServiceError {
  return new ServiceError('invalid_requirements', `${message} ${nextStep}`);
}
