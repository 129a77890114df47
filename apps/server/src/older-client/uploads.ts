import type { OlderRequest, OlderRoute } from './route.ts';
import type { RequirementsClient } from '../domain/environments/choose-python.ts';
import type { Services } from '../services/create-services.ts';
import { CONFIGURATION_LIMITS } from '../archives/configuration-archive.ts';
import { receiveFiles, receiveInMemory } from '../http/received-files.ts';
import { readRequirements, requirementsLimit } from '../api/versions/read-requirements.ts';
import { isPlainObject } from '../domain/primitives/plain-object.ts';
import { post, workspaceOf } from './route.ts';
import { requireUser } from '../services/sign-in/principal.ts';
import {
  toConfiguration as toConfigurationResponse,
  toDeployment as toDeploymentResponse,
} from '../api/versions/packages-serializers.ts';
import { toConfiguration, toDeployment } from './versions-serializers.ts';

/** So that advice about these requirements names this client's commands. */
function nameClient<Sent extends { requirements: unknown }>(sent: Sent): Sent {
  const client: RequirementsClient = 'dlt-runtime';
  return isPlainObject(sent.requirements)
    ? { ...sent, requirements: { ...sent.requirements, client } }
    : sent;
}

/**
 * Uploads in one call. The upload token of the API's two calls is issued and used here, so that the same
 * checks decide.
 */
export function createUploadRoutes({
  services,
  uploadDir,
  maxUploadBytes,
}: {
  services: Services;
  uploadDir: string;
  maxUploadBytes: number;
}): readonly OlderRoute[] {
  const { credentials, uploadPackage, uploadSlots } = services;

  async function uploadDeployment(request: OlderRequest) {
    const issued = await request.call('issue_upload_deployment', { params: workspaceOf(request) });
    const grant = await credentials.authenticateUpload(issued.upload_token);
    using _slot = uploadSlots.take(requireUser(request.principal).userId);
    const archive = {
      maxBytes: maxUploadBytes,
      refuse: (path: string, declaredBytes: number | null) =>
        uploadPackage.refuseLargeDeployment(path, declaredBytes),
    };
    // Releases before 0.25 send the archive as `file`, without requirements.
    await using files = await receiveFiles(request.request, uploadDir, {
      files: archive,
      file: archive,
      requirements: requirementsLimit,
    });
    const requirements = files.find('requirements');
    const { path } = files.find('files') ?? files.require('file');
    const stored = await uploadPackage.uploadOlderDeployment({
      grant,
      archivePath: path,
      sent: requirements ? nameClient(await readRequirements(requirements)) : null,
    });
    return toDeployment(toDeploymentResponse(stored), stored);
  }

  async function uploadConfiguration(request: OlderRequest) {
    const issued = await request.call('issue_upload_configuration', { params: workspaceOf(request) });
    const grant = await credentials.authenticateUpload(issued.upload_token);
    using _slot = uploadSlots.take(requireUser(request.principal).userId);
    // The archive contains plain secrets, so it is encrypted before it is written to disk.
    const archive = await receiveInMemory(request.request, 'file', CONFIGURATION_LIMITS.maxBytes);
    const stored = await uploadPackage.uploadOlderConfiguration({ grant, archive });
    return toConfiguration(toConfigurationResponse(stored), stored);
  }

  return [
    post('/workspaces/:workspace_id/deployments', uploadDeployment),
    post('/workspaces/:workspace_id/configurations', uploadConfiguration),
  ];
}
