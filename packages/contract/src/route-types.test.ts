import { expect, expectTypeOf, it } from 'vitest';
import type {
  JsonOperationId,
  LogLine,
  OperationId,
  RouteBody,
  RouteParams,
  RouteQuery,
  RouteQueryInput,
  RouteResponse,
  RouteResponseInput,
} from './index.ts';
import { routesById } from './index.ts';

/** The type of a server's handlers; the type checker verifies the code below. */
type Handlers = {
  [Id in OperationId]: (request: {
    params: RouteParams<Id>;
    query: RouteQuery<Id>;
    body: RouteBody<Id>;
  }) => RouteResponseInput<Id>;
};

const handlers: Pick<Handlers, 'get_workspace_watermark' | 'list_organizations'> = {
  get_workspace_watermark: ({ params }) => ({ updated_at: params.workspace_id }),
  list_organizations: ({ query: { limit, offset } }) => ({ items: [], limit, offset, total: 0 }),
};

it('gives handlers the types of their operation', () => {
  const body = undefined;
  const query = { limit: 100, offset: 0 };
  expect(handlers.list_organizations({ params: {}, query, body })).toMatchObject(query);
  expect(Object.keys(routesById)).toContain('get_workspace_watermark');

  // @ts-expect-error The operation has no parameter of this name.
  const params: RouteParams<'get_workspace'> = { workspace: 'id' };
  // @ts-expect-error A misspelt property of an answer.
  const answer: RouteResponseInput<'get_workspace_watermark'> = { updated: null };
  // @ts-expect-error Not a sort key of this list.
  const sort: RouteQueryInput<'list_jobs'> = { sort: ['number'] };
  // @ts-expect-error A stream is no JSON document.
  const stream: JsonOperationId = 'get_job_run_logs';
  expect([params, answer, sort, stream]).toHaveLength(4);
});

it('derives requests and responses', () => {
  expectTypeOf<RouteParams<'get_job'>>().toEqualTypeOf<{ workspace_id: string; job_id: string }>();
  expectTypeOf<RouteBody<'get_job'>>().toEqualTypeOf<undefined>();
  expectTypeOf<RouteBody<'trigger_jobs'>['refresh']>().toEqualTypeOf<boolean>();
  expectTypeOf<RouteBody<'upload_deployment'>['file']>().toEqualTypeOf<File>();
  expectTypeOf<RouteQuery<'list_jobs'>['limit']>().toEqualTypeOf<number>();
  expectTypeOf<RouteQueryInput<'list_jobs'>['limit']>().toEqualTypeOf<number | undefined>();
  expectTypeOf<RouteQuery<'list_jobs'>['is_archived']>().toEqualTypeOf<boolean | undefined>();
  expectTypeOf<RouteResponse<'get_job'>['is_paused']>().toEqualTypeOf<boolean>();
  expectTypeOf<RouteResponseInput<'get_job'>['is_paused']>().toEqualTypeOf<boolean | undefined>();
  expectTypeOf<RouteResponse<'get_job_run_log_stream'>>().toEqualTypeOf<AsyncIterable<LogLine>>();
  expectTypeOf<RouteResponse<'revoke_session'>>().toEqualTypeOf<undefined>();
});
