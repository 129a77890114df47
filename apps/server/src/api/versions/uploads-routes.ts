import type { Handlers } from '../handler.ts';
import type { ReceivedFile } from '../../http/received-files.ts';
import type { UploadGrant } from '../../services/sign-in/credentials.ts';
import type { UploadPackage } from '../../services/versions/upload-package.ts';
import type { UploadSlots } from '../../services/versions/upload-slots.ts';
import { readFile } from 'node:fs/promises';
import { CONFIGURATION_LIMITS } from '../../archives/configuration-archive.ts';
import { receiveFiles, receiveInMemory } from '../../http/received-files.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { toConfiguration, toDeployment } from './packages-serializers.ts';

/** Limit for the requirements list, far above the few kilobytes that the client sends. */
const maxRequirementsBytes = 8 * 1024 * 1024;

export function createUploadHandlers(services: {
  uploadPackage: UploadPackage;
  uploadSlots: UploadSlots;
  uploadDir: string;
  maxArchiveBytes: number;
}): Pick<Handlers, 'upload_deployment' | 'upload_configuration'> {
  const { uploadPackage, uploadSlots, uploadDir, maxArchiveBytes } = services;
  return {
    async upload_deployment(call) {
      using _slot = uploadSlots.take(grantOf(call).principal.userId);
      await using files = await receiveFiles(call.request, uploadDir, {
        file: {
          maxBytes: maxArchiveBytes,
          refuse: (...upload) => uploadPackage.refuseLargeDeployment(...upload),
        },
        requirements_file: { maxBytes: maxRequirementsBytes },
      });
      const requirements = files.require('requirements_file');
      const deployment = await uploadPackage.uploadDeployment({
        grant: grantOf(call),
        archivePath: files.require('file').path,
        requirements: await readJson(requirements),
        requirementsSizeBytes: requirements.sizeBytes,
      });
      return toDeployment(deployment);
    },

    async upload_configuration(call) {
      using _slot = uploadSlots.take(grantOf(call).principal.userId);
      // The archive contains plain secrets, so it is encrypted before it is written to disk.
      const archive = await receiveInMemory(call.request, 'file', CONFIGURATION_LIMITS.maxBytes);
      return toConfiguration(await uploadPackage.uploadConfiguration({ grant: grantOf(call), archive }));
    },
  };
}

function grantOf(call: { grant: UploadGrant | null }): UploadGrant {
  if (!call.grant) throw new Error('An upload was let in without a grant');
  return call.grant;
}

async function readJson(file: ReceivedFile): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file.path, 'utf8')) as unknown;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const reason = { key: 'requirements_file', message: 'is not JSON' };
    throw new ServiceError('invalid_request', 'The requirements of the upload are not JSON.', [reason]);
  }
}
