import type { OlderRoute } from './route.ts';
import { accountRoutes } from './account.ts';
import { declinedRoutes } from './not-offered.ts';
import { logRoutes } from './logs.ts';
import { memberRoutes } from './members.ts';
import { runRoutes } from './runs.ts';
import { scriptRoutes } from './scripts.ts';
import { signInRoutes } from './sign-in.ts';
import { versionRoutes } from './versions.ts';

/** All routes of the older client except uploads, whose bodies are read differently. */
export const olderRoutes: readonly OlderRoute[] = [
  ...signInRoutes,
  ...accountRoutes,
  ...memberRoutes,
  ...versionRoutes,
  ...scriptRoutes,
  ...runRoutes,
  ...logRoutes,
  ...declinedRoutes,
];
