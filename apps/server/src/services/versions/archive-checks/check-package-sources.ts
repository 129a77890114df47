import type { PackageFile } from '../../../store/records.ts';
import { createReadStream } from 'node:fs';
import { parsePackageSources } from '../../../domain/environments/package-sources.ts';
import { RequirementsError } from '../../../domain/environments/requirements.ts';
import { ServiceError } from '../../../platform/service-error.ts';
import { readPyproject } from './read-pyproject.ts';

/**
 * Rejects code whose package indexes or sources no build can use.
 * @throws ServiceError invalid_package_sources, invalid_request
 */
export async function checkPackageSources(archivePath: string, files: readonly PackageFile[]): Promise<void> {
  const pyproject = await readPyproject(() => createReadStream(archivePath), files);
  try {
    parsePackageSources(pyproject);
  } catch (error) {
    if (!(error instanceof RequirementsError)) throw error;
    throw new ServiceError('invalid_package_sources', `${error.message}.`);
  }
}
