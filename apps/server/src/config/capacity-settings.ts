/** Reads the capacity settings of a server from the environment; only `config.ts` uses this module. */
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import type { CapacitySettings } from '../domain/runs/capacity.ts';

const slotsByCores = () => Math.max(4, 4 * availableParallelism());

export const capacitySettings = {
  PUMPHOUSE_MAX_ACTIVE_RUNS: z.coerce
    .number()
    .int()
    .min(1)
    .default(slotsByCores)
    .describe(
      'Maximum number of concurrent batch runs on this server; further runs stay pending. See [capacity](capacity.md)',
    ),
  PUMPHOUSE_MAX_ACTIVE_APPS: z.coerce
    .number()
    .int()
    .min(1)
    .default(slotsByCores)
    .describe(
      'Maximum number of concurrent apps on this server; when another app starts, the app that has been idle longest is stopped',
    ),
  PUMPHOUSE_APPS_SHARE: z.coerce
    .number()
    .min(0.05)
    .max(0.95)
    .default(0.5)
    .describe('Share of the cores and the memory for apps; batch runs get the rest'),
  PUMPHOUSE_UNKNOWN_MINUTES: z.coerce
    .number()
    .min(0)
    .max(10_080)
    .default(10)
    .describe(
      'How long a run that must end, and that no server can reach, stays before it ends as lost; see [unknown runs](unknown-runs.md)',
    ),
  PUMPHOUSE_OVERCOMMIT: z
    .string()
    .regex(
      /^([1-9]\d*|[1-9]\d*\.\d+)\/([1-9]\d*|[1-9]\d*\.\d+)$/,
      'must be <cores>/<memory> with numbers of 1 or more, such as 16/8',
    )
    .default('16/8')
    .describe(
      'Overcommitment of the machine: how many times its cores and its memory are allocated to runs, as `<cores>/<memory>`',
    ),
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
