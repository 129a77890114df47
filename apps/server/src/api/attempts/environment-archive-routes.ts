import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { archivePartBytes } from '../../domain/environments/environment-archive.ts';
import { pathParamsOf } from '../../http/path-params.ts';
import { readSealedHeader } from '../../platform/attempt-seal.ts';
import { ServiceError } from '../../platform/service-error.ts';
import type { ArchiveBuild, EnvironmentArchives } from '../../services/environments/environment-archives.ts';
import { addSeals, type AdmittedCall } from './sealed-calls.ts';

const prefix = '/pumphouse/v1/environment-archives/:archive_id';

const partQuery = z.object({
  number: z
    .string()
    .regex(/^\d{1,6}$/)
    .transform(Number),
  ticket: z.string().min(1).max(4096),
});

interface BuildCall extends AdmittedCall {
  build: ArchiveBuild;
  number: number;
}

/** Registers the route by which a build stores its environment. Sealed with the secret of that build. */
export function registerEnvironmentArchiveRoutes(app: FastifyInstance, archives: EnvironmentArchives): void {
  void app.register(async (scope) => {
    const callOf = addSeals(scope, async (request) => admit(archives, request));
    scope.post(`${prefix}/-part`, { bodyLimit: archivePartBytes }, async (request) => {
      const { build, number } = callOf(request);
      return archives.storePart(
        build,
        number,
        Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
      );
    });
  });
}

/** @throws ServiceError not_authenticated */
function admit(archives: EnvironmentArchives, request: FastifyRequest): BuildCall {
  const header = readSealedHeader(request.headers.authorization);
  const id = z.guid().safeParse(pathParamsOf(request)['archive_id']);
  const query = partQuery.safeParse(request.query);
  if (!header || !id.success || !query.success) throw refuse();
  const build = archives.openUpload(id.data, query.data.ticket);
  const [, route = ''] = request.url.split(`/${id.data}/`, 2);
  if (build?.seal.isProved(request.method, route, header) !== true) throw refuse();
  return { build, number: query.data.number, sealed: { seal: build.seal, header } };
}

function refuse(): ServiceError {
  return new ServiceError('not_authenticated', 'The call does not prove that it comes from this build.');
}
