import type { PartLimit, ReceivedFile } from '../../http/received-files.ts';
import { readFile } from 'node:fs/promises';
import { ServiceError } from '../../platform/service-error.ts';

/** Limit for the requirements list, far above the few kilobytes that clients send. */
export const requirementsLimit: PartLimit = { maxBytes: 8 * 1024 * 1024 };

/** Reads the requirements part of an upload. @throws ServiceError invalid_request */
export async function readRequirements(
  file: ReceivedFile,
): Promise<{ requirements: unknown; requirementsSizeBytes: number }> {
  const text = await readFile(file.path, 'utf8');
  try {
    return { requirements: JSON.parse(text) as unknown, requirementsSizeBytes: file.sizeBytes };
  } catch {
    const reason = { key: 'requirements_file', message: 'is not JSON' };
    throw new ServiceError('invalid_request', 'The requirements of the upload are not JSON.', [reason]);
  }
}
