import type { Route } from '@pumphouse/contract';

export interface RouteCheck {
  routes: readonly Route[];
  /** Operations that have a handler. */
  handled: readonly string[];
  /** The requirement of each permission, with the scope it is checked in. */
  requirements: Readonly<Record<string, { scope: string }>>;
}

/** The path parameter that names the scope of a permission. */
const scopeParameters: Record<string, string> = {
  workspace: '{workspace_id}',
  organization: '{organization_id}',
};

/**
 * Checks the route table, the handlers and the permissions against each other, in both directions. An
 * operation without a handler or a known permission must stop the server at start, not fail on the first
 * call.
 */
export function checkRouteTable({ routes, handled, requirements }: RouteCheck): void {
  const operations = new Set(routes.map((route) => route.operationId));
  const used = new Set<string>(routes.map((route) => route.permission));
  const problems = [
    ...routes
      .filter((route) => !handled.includes(route.operationId))
      .map((route) => `${route.operationId} has no handler`),
    ...handled.filter((id) => !operations.has(id)).map((id) => `the handler ${id} belongs to no operation`),
    ...[...used]
      .filter((name) => !(name in requirements))
      .map((name) => `no role has the permission ${name}`),
    ...routes
      .filter(
        (route) => !route.path.includes(scopeParameters[requirements[route.permission]?.scope ?? ''] ?? ''),
      )
      .map((route) => `the path of ${route.operationId} does not say where it needs ${route.permission}`),
    ...Object.keys(requirements)
      .filter((name) => !used.has(name))
      .map((name) => `no operation asks for the permission ${name}`),
  ];
  if (problems.length > 0) throw new Error(`The route table does not fit the server: ${problems.join('; ')}`);
}
