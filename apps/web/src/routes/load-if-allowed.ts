import type { Permission } from '@pumphouse/contract';
import { whyNot, type Roles } from '../permissions/permissions.ts';

/**
 * Loads the data of a page if the user has the permission. Without it, the page itself shows why it is empty.
 */
export async function loadIfAllowed(
  roles: Promise<Roles>,
  permission: Permission,
  load: () => Promise<unknown>,
): Promise<void> {
  if (whyNot(permission, await roles) === null) await load();
}
