import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ComparedDocument } from './document-comparison.ts';
import { compareDocuments, operationIds } from './document-comparison.ts';
import { emitOpenApi } from './openapi.ts';
import { routes } from './routes.ts';

const surfaces = ['api', 'auth', 'dataplane', 'logs', 'telemetry'] as const;

function readReference(surface: string): ComparedDocument {
  const file = new URL(`../reference/${surface}.openapi.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as ComparedDocument;
}

function emitDocument(): ComparedDocument {
  return { ...emitOpenApi() };
}

describe('the emitted document', () => {
  it.each(surfaces)('matches the reference of %s', (surface) => {
    expect(compareDocuments(readReference(surface), emitDocument())).toEqual([]);
  });

  it("contains the 61 operations of the references, and otherwise only Pumphouse's own", () => {
    const referenced = surfaces.flatMap((surface) => operationIds(readReference(surface)));
    const emitted = routes.filter(({ surface }: { surface: string }) => surface !== 'pumphouse');
    expect(referenced).toHaveLength(61);
    expect(emitted.map(({ operationId }) => operationId).toSorted()).toEqual(referenced.toSorted());
  });

  it('refers only to its own components', () => {
    const document = emitOpenApi();
    const text = JSON.stringify(document);
    const referred = new Set([...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference));
    const present = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(referred.size).toBeGreaterThan(80);
    expect([...referred].filter((reference) => !present.includes(reference ?? ''))).toEqual([]);
  });

  it('places each operation on the surface of its reference', () => {
    for (const surface of surfaces) {
      const placed = routes
        .filter((route) => route.surface === surface)
        .map(({ operationId }) => operationId);
      expect(placed.toSorted()).toEqual(operationIds(readReference(surface)).toSorted());
    }
  });
});

/** Replaces the first `find` after `anchor` in the text of the reference. */
function alter(surface: string, anchor: string, find: string, replacement: string): ComparedDocument {
  const text = JSON.stringify(readReference(surface));
  const start = text.indexOf(find, text.indexOf(anchor));
  expect(text.indexOf(anchor)).toBeGreaterThan(-1);
  expect(start).toBeGreaterThan(-1);
  const altered = text.slice(0, start) + replacement + text.slice(start + find.length);
  return JSON.parse(altered) as ComparedDocument;
}

describe('the comparison', () => {
  it('reports a renamed property', () => {
    const altered = alter('api', '"DeploymentResponse":', '"file_count"', '"files_count"');
    expect(compareDocuments(altered, emitDocument())).toEqual([
      'DeploymentResponse: file_count: expected nothing, found integer (required)',
      'DeploymentResponse: files_count: expected integer (optional), found nothing',
    ]);
  });

  it('reports a changed type', () => {
    const altered = alter('api', '"DeploymentResponse":', '"type":"integer"', '"type":"string"');
    expect(compareDocuments(altered, emitDocument())).toEqual([
      'DeploymentResponse: file_count: expected string (required), found integer (required)',
    ]);
  });

  it('reports changed nullability', () => {
    const altered = alter('logs', '"LogLine":', '"type":"string"', '"type":["string","null"]');
    expect(compareDocuments(altered, emitDocument())).toEqual([
      'LogLine: content: expected null | string (required), found string (required)',
    ]);
  });

  it('reports a property that is no longer required', () => {
    const altered = alter('logs', '"LogLine":', '"required":["content",', '"required":[');
    expect(compareDocuments(altered, emitDocument())).toEqual([
      'LogLine: content: expected string (optional), found string (required)',
    ]);
  });

  it('reports a changed enum value', () => {
    const altered = alter('api', '"RunMode":', '"when_not_running"', '"when_idle"');
    expect(compareDocuments(altered, emitDocument())).toEqual([
      'CreateJobRunRequest: mode: expected one of always, when_idle (optional), ' +
        'found one of always, when_not_running (optional)',
    ]);
  });

  it('reports a closed enum in place of an open one', () => {
    const open = '{"anyOf":[{"$ref":"#/components/schemas/LogSource"},{"type":"string"}]}';
    const altered = alter('logs', '"LogLine":', open, '{"$ref":"#/components/schemas/LogSource"}');
    expect(compareDocuments(altered, emitDocument())).toEqual([
      'LogLine: source: expected one of runner, setup, user (required), ' +
        'found one of runner, setup, user | string (required)',
    ]);
  });

  it('reports a changed default of a query parameter', () => {
    const altered = alter('api', '"list_jobs"', '"default":100', '"default":50');
    expect(compareDocuments(altered, emitDocument())).toEqual([
      'list_jobs: query parameter limit: expected integer (optional, default 50), ' +
        'found integer (optional, default 100)',
    ]);
  });

  it('reports a renamed query parameter', () => {
    const altered = alter('api', '"list_jobs"', '"is_archived"', '"archived"');
    expect(compareDocuments(altered, emitDocument())).toEqual([
      'list_jobs: query parameter archived: expected boolean | null (optional), found nothing',
      'list_jobs: query parameter is_archived: expected nothing, found boolean | null (optional)',
    ]);
  });

  it('reports changed statuses of success and errors', () => {
    const created = alter('api', '"create_workspace"', '"201":', '"200":');
    expect(compareDocuments(created, emitDocument())).toEqual([
      'create_workspace: response 200: expected present, found nothing',
      'create_workspace: response 200 application/json: expected WorkspaceResponse, found nothing',
      'create_workspace: response 201: expected nothing, found present',
      'create_workspace: response 201 application/json: expected nothing, found WorkspaceResponse',
    ]);
    const refused = alter('api', '"create_workspace"', '"409":', '"422":');
    expect(compareDocuments(refused, emitDocument())).toHaveLength(4);
  });

  it('reports a changed path, and a missing operation', () => {
    const moved = alter('api', '"paths":', '"/api/v1/me"', '"/api/v1/myself"');
    expect(compareDocuments(moved, emitDocument())).toEqual([
      'get_me: route: expected GET /api/v1/myself, found GET /api/v1/me',
    ]);
    const further = alter('api', '"paths":', '"get_me"', '"get_myself"');
    expect(compareDocuments(further, emitDocument())).toEqual(['get_myself: missing']);
  });
});
