import type { DownloadArchives, DownloadedArchive } from '../../services/versions/download-archives.ts';
import type { FastifyReply } from 'fastify';
import type { Handlers } from '../handler.ts';
import type { Readable } from 'node:stream';

/** Handlers that send the archives of versions. */
export function createArchiveHandlers(services: {
  downloadArchives: DownloadArchives;
}): Pick<Handlers, 'download_deployment' | 'download_configuration'> {
  const { downloadArchives } = services;
  return {
    download_deployment: async ({ params, reply }) =>
      send(reply, await downloadArchives.deployment(params.workspace_id, params.deployment_id)),

    download_configuration: async ({ params, reply }) =>
      send(reply, await downloadArchives.configuration(params.workspace_id, params.configuration_id)),
  };
}

function send(reply: FastifyReply, { fileName, bytes }: DownloadedArchive): Readable {
  void reply.type('application/gzip').headers({
    'content-disposition': `attachment; filename="${fileName}"`,
    'x-content-type-options': 'nosniff',
    // The archive of a configuration contains secrets.
    'cache-control': 'no-store',
  });
  return bytes;
}
