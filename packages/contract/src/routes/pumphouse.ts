import type { Route } from '../route.ts';
import { pumphouseStatisticsRoutes } from './pumphouse/statistics.ts';
import { pumphouseVersionRoutes } from './pumphouse/versions.ts';

/** Operations that the dlthub client does not know: surface `pumphouse`, prefix `/pumphouse/v1`. */
export const pumphouseRoutes = [
  ...pumphouseStatisticsRoutes,
  ...pumphouseVersionRoutes,
] as const satisfies readonly Route[];
