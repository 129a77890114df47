import { statisticsRoutes } from './pumphouse/statistics.ts';

/** Operations that the dlthub client does not know: surface `pumphouse`, prefix `/pumphouse/v1`. */
export const pumphouseRoutes = [...statisticsRoutes] as const;
