import type { Scenarios } from './audit-scene.ts';
import { writeLocalData } from './local-data-files.ts';

const payload = { profile: 'prod' };

/** Scenarios for local data. */
export const localDataScenarios: Scenarios = {
  reset_local_data: {
    action: 'local-data.reset',
    prepare: async ({ api, at }) => {
      await writeLocalData(api.folder, at, 'shop.duckdb', 'rows');
      return { payload };
    },
  },
  restore_local_data: {
    action: 'local-data.restore',
    prepare: async ({ api, at }) => {
      await writeLocalData(api.folder, at, 'shop.duckdb', 'rows');
      await api.services.memberLocalData.reset({ ...at, profile: 'prod' });
      return { payload };
    },
  },
};
