import type { Route } from '../route.ts';
import { jobVersionRoutes } from './pumphouse/job-versions.ts';
import { pumphouseStatisticsRoutes } from './pumphouse/statistics.ts';
import { usageRoutes } from './pumphouse/usage.ts';
import { pumphouseVersionRoutes } from './pumphouse/versions.ts';

/** Operations that the dlthub client does not know: surface `pumphouse`, prefix `/pumphouse/v1`. One file a topic. */
export const pumphouseRoutes = [
  ...jobVersionRoutes,
  ...pumphouseStatisticsRoutes,
  ...pumphouseVersionRoutes,
  ...usageRoutes,
] as const satisfies readonly Route[];
