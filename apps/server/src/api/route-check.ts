import type { Route } from '@pumphouse/contract';

export interface RouteCheck {
  routes: readonly Route[];
  /** Operations that have a handler. */
  handled: readonly string[];
  /** Who has each permission, and at which place of the path that is looked up. */
  requirements: Readonly<Record<string, { scope: string }>>;
}

/** The parameter that names the place of a permission. */
const placeParameters: Record<string, string> = {
  workspace: '{workspace_id}',
  organization: '{organization_id}',
};

/**
 * Holds the route table, the handlers and the permissions against each other, in both directions: an operation without a handler or
 * with a permission that nobody decided on must stop the server when it starts, not be found by a caller.
 */
export function checkRouteTable({ routes, handled, requirements }: RouteCheck): void {
  const operations = new Set(routes.map((route) => route.operationId));
  const used = new Set<string>(routes.map((route) => route.permission));
  const problems = [
    ...routes
      .filter((route) => !handled.includes(route.operationId))
      .map((route) => `${route.operationId} has no handler`),
    ...handled.filter((id) => !operations.has(id)).map((id) => `the handler ${id} belongs to no operation`),
    ...[...used].filter((name) => !(name in requirements)).map((name) => `nobody has the permission ${name}`),
    ...routes
      .filter(
        (route) => !route.path.includes(placeParameters[requirements[route.permission]?.scope ?? ''] ?? ''),
      )
      .map((route) => `the path of ${route.operationId} does not say where it needs ${route.permission}`),
    ...Object.keys(requirements)
      .filter((name) => !used.has(name))
      .map((name) => `no operation asks for the permission ${name}`),
  ];
  if (problems.length > 0) throw new Error(`The route table does not fit the server: ${problems.join('; ')}`);
}
