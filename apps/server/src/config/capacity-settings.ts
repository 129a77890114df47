/** Reads the capacity settings of a server from the environment; only `config.ts` uses this module. */
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import type { CapacitySettings } from '../domain/runs/capacity.ts';
import { settingDetails } from './setting-details.ts';

const slotsByCores = () => Math.max(4, 4 * availableParallelism());

export const capacitySettings = {
  PUMPHOUSE_MAX_ACTIVE_RUNS: z.coerce.number().int().min(1).default(slotsByCores).register(settingDetails, {
    key: 'capacity.max_active_runs',
    description:
      'Maximum number of concurrent batch runs on this server; further runs stay pending. See [capacity](capacity.md)',
    default: '4 a core',
    example: '16',
    reload: true,
  }),
  PUMPHOUSE_MAX_ACTIVE_APPS: z.coerce.number().int().min(1).default(slotsByCores).register(settingDetails, {
    key: 'capacity.max_active_apps',
    description:
      'Maximum number of concurrent apps on this server; when another app starts, the app that has been idle longest is stopped',
    default: '4 a core',
    example: '16',
    reload: true,
  }),
  PUMPHOUSE_APPS_SHARE: z.coerce.number().min(0.05).max(0.95).default(0.5).register(settingDetails, {
    key: 'capacity.apps_share',
    description: 'Share of the cores and the memory for apps; batch runs get the rest',
    reload: true,
  }),
  PUMPHOUSE_UNKNOWN_MINUTES: z.coerce.number().min(0).max(10_080).default(10).register(settingDetails, {
    key: 'capacity.unknown_minutes',
    description:
      'How long a run that must end, and that no server can reach, stays before it ends as lost; see [unknown runs](unknown-runs.md)',
  }),
  PUMPHOUSE_OVERCOMMIT: z
    .string()
    .regex(
      /^([1-9]\d*|[1-9]\d*\.\d+)\/([1-9]\d*|[1-9]\d*\.\d+)$/,
      'must be <cores>/<memory> with numbers of 1 or more, such as 16/8',
    )
    .default('16/8')
    .register(settingDetails, {
      key: 'capacity.overcommit',
      description:
        'Overcommitment of the machine: how many times its cores and its memory are allocated to runs, as `<cores>/<memory>`',
      reload: true,
    }),
} as const;

interface CapacityValues {
  PUMPHOUSE_MAX_ACTIVE_RUNS: number;
  PUMPHOUSE_MAX_ACTIVE_APPS: number;
  PUMPHOUSE_APPS_SHARE: number;
  PUMPHOUSE_OVERCOMMIT: string;
}

export function readCapacitySettings(values: CapacityValues): CapacitySettings {
  const [cpus = 1, memory = 1] = values.PUMPHOUSE_OVERCOMMIT.split('/').map(Number);
  return {
    maxActiveRuns: values.PUMPHOUSE_MAX_ACTIVE_RUNS,
    maxActiveApps: values.PUMPHOUSE_MAX_ACTIVE_APPS,
    overcommit: { cpus, memory },
    appsShare: values.PUMPHOUSE_APPS_SHARE,
  };
}
