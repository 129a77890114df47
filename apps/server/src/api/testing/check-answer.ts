import type { JsonOperationId, RouteResponse } from '@pumphouse/contract';
import type { z } from 'zod';
import { expect } from 'vitest';
import { routesById } from '@pumphouse/contract';

interface Answer {
  statusCode: number;
  body: string;
  json(): unknown;
}

/** Returns the response unchanged, after checking that it is a declared success and matches its schema. */
export function readAnswer<Id extends JsonOperationId>(operationId: Id, response: Answer): RouteResponse<Id> {
  const responses: Record<number, unknown> = routesById[operationId].responses;
  expect(Object.keys(responses), response.body).toContain(String(response.statusCode));
  const schema = responses[response.statusCode] as z.ZodType;
  schema.parse(response.json());
  return response.json() as RouteResponse<Id>;
}
