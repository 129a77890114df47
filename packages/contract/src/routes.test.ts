import { describe, expect, it } from 'vitest';
import { errorCodes } from './error-codes.ts';
import { permissionNames } from './permissions.ts';
import type { Route } from './route.ts';
import { routes, routesById } from './routes.ts';
import { activeRunStates, isTerminalRunState, runStates, terminalRunStates } from './run-state.ts';

const table: readonly Route[] = routes;

describe('the route table', () => {
  it('has unique operation ids and unique pairs of method and path', () => {
    expect(Object.keys(routesById)).toHaveLength(table.length);
    expect(new Set(table.map(({ method, path }) => `${method} ${path}`)).size).toBe(table.length);
  });

  it.each(table)('has a parameter for each path placeholder of $operationId', ({ path, params }) => {
    const placeholders = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(Object.keys(params?.shape ?? {})).toEqual(placeholders);
  });

  it('uses each permission of the closed list', () => {
    const used = new Set(table.map(({ permission }) => permission));
    expect([...used].toSorted()).toEqual(permissionNames.toSorted());
  });

  it('requires a credential exactly for permissions other than public', () => {
    for (const { operationId, credential, permission } of table) {
      expect([operationId, credential === 'none']).toEqual([operationId, permission === 'public']);
    }
  });

  it('has no bodies for GET', () => {
    expect(table.filter(({ method, body }) => method === 'GET' && body !== undefined)).toEqual([]);
  });
});

it('splits the run states into active and terminal ones', () => {
  expect([...activeRunStates, ...terminalRunStates].toSorted()).toEqual(runStates.toSorted());
  expect(runStates.filter(isTerminalRunState)).toEqual(terminalRunStates);
  expect(isTerminalRunState('invented')).toBe(false);
});

it('gives every error code an error status, a cause and a next step', () => {
  for (const [code, { status, cause, nextStep }] of Object.entries(errorCodes)) {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(status).toBeGreaterThanOrEqual(400);
    expect([cause, nextStep]).toEqual([expect.stringMatching(/\.$/), expect.stringMatching(/\.$/)]);
  }
});
