import type { Route } from '../route.ts';

/** Operations that the dlthub client does not know: surface `pumphouse`, prefix `/pumphouse/v1`. */
export const pumphouseRoutes = [] as const satisfies readonly Route[];
