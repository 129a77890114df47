import type { Permission } from '@pumphouse/contract';
import { whyNot, type Roles } from '../permissions/permissions.ts';

/** Loads what a page shows where the person may see it; the page itself says so where they may not. */
export async function loadIfAllowed(
  roles: Promise<Roles>,
  permission: Permission,
  load: () => Promise<unknown>,
): Promise<void> {
  if (whyNot(permission, await roles) === null) await load();
}
