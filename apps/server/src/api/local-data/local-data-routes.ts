import type { Handlers } from '../handler.ts';
import type { LocalDataCopyResponse, LocalDataProfileResponse } from '@pumphouse/contract';
import type { LocalDataReset } from '../../store/records.ts';
import type { MemberLocalData, ProfileLocalData } from '../../services/local-data/member-local-data.ts';

type Operations = 'list_local_data' | 'download_local_data' | 'reset_local_data' | 'restore_local_data';

export function createLocalDataHandlers(services: {
  memberLocalData: MemberLocalData;
}): Pick<Handlers, Operations> {
  const { memberLocalData } = services;
  return {
    async list_local_data({ params }) {
      const { profiles, copies, distantWorkers } = await memberLocalData.list(params.workspace_id);
      return {
        profiles: profiles.map(toProfile),
        copies: copies.map(toCopy),
        distant_workers: distantWorkers,
      };
    },

    async download_local_data({ params, query, reply }) {
      const key = { workspaceId: params.workspace_id, profile: params.profile };
      const { fileName, bytes } = await memberLocalData.download(key, query.path ?? null);
      void reply.type('application/gzip').headers({
        'content-disposition': `attachment; filename="${fileName}"`,
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      });
      return bytes;
    },

    async reset_local_data({ params, body }) {
      const key = { workspaceId: params.workspace_id, profile: body.profile };
      const copy = await memberLocalData.reset(key);
      return { copy: copy && toCopy(copy) };
    },

    async restore_local_data({ params, body }) {
      const key = { workspaceId: params.workspace_id, profile: body.profile };
      const { kept, restored } = await memberLocalData.restore(key);
      return { restored: toCopy(restored), copy: kept && toCopy(kept) };
    },
  };
}

function toProfile({ profile, files, fileCount, sizeBytes }: ProfileLocalData): LocalDataProfileResponse {
  return {
    profile,
    file_count: fileCount,
    size_bytes: sizeBytes,
    files: files.map((file) => ({
      path: file.path,
      size_bytes: file.sizeBytes,
      changed_at: file.changedAt.toISOString(),
    })),
  };
}

function toCopy(copy: LocalDataReset): LocalDataCopyResponse {
  return {
    id: copy.id,
    profile: copy.profile,
    file_count: copy.fileCount,
    size_bytes: copy.sizeBytes,
    created_at: copy.createdAt.toISOString(),
    kept_until: copy.keptUntil.toISOString(),
  };
}
