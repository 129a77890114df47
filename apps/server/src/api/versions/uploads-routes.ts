import type { Handlers } from '../handler.ts';
import type { UploadGrant } from '../../services/sign-in/credentials.ts';
import type { UploadPackage } from '../../services/versions/upload-package.ts';
import type { UploadSlots } from '../../services/versions/upload-slots.ts';
import { CONFIGURATION_LIMITS } from '../../archives/configuration-archive.ts';
import { receiveFiles, receiveInMemory } from '../../http/received-files.ts';
import { readRequirements, requirementsLimit } from './read-requirements.ts';
import { toConfiguration, toDeployment } from './packages-serializers.ts';

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
        requirements_file: requirementsLimit,
      });
      const deployment = await uploadPackage.uploadDeployment({
        grant: grantOf(call),
        archivePath: files.require('file').path,
        ...(await readRequirements(files.require('requirements_file'))),
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
