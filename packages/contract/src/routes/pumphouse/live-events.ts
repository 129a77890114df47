import { z } from 'zod';
import { defineRoute } from '../../route.ts';
import { liveEvent, liveEvents } from '../../schemas/live/live-events.ts';
import { uuid } from '../../schemas/primitives.ts';
import { queryBoolean, queryList } from '../../schemas/query.ts';
import { readErrors } from '../error-statuses.ts';

/** A log to follow, as `<workspace_id>/<job_run_id>`. */
const logAddress = z
  .string()
  .refine(
    (value) => z.tuple([uuid, uuid]).safeParse(value.split('/')).success,
    'must be <workspace_id>/<job_run_id>',
  );

/** What a server has seen of the changes of all workspaces. */
const livePosition = z
  .string()
  .max(1000)
  .regex(/^\d{1,20}:\d{1,20}:(\d{1,20}(,\d{1,20})*)?$/, 'must be a position that this server returned');

/** Live events on one connection, for all tabs of a browser. */
export const liveEventRoutes = [
  defineRoute({
    operationId: 'follow_events',
    method: 'GET',
    path: '/pumphouse/v1/events',
    surface: 'pumphouse',
    credential: 'user',
    permission: 'events.follow',
    query: z.object({
      workspace_id: queryList(uuid).refine(
        (ids) => ids.length >= 1 && ids.length <= 20,
        'must be 1 to 20 ids',
      ),
      log: queryList(logAddress)
        .refine((logs) => logs.length <= 20, 'must be at most 20 logs')
        .default([]),
      /** Whether events of logs contain the lines that were added. */
      log_lines: queryBoolean.default(false),
      /**
       * A position in the changes, as the page of the console contains it. Changes committed after it are sent first.
       * Valid for about a minute.
       */
      since: livePosition.optional(),
    }),
    responses: { 200: { contentType: 'text/event-stream', item: liveEvent, events: liveEvents } },
    errors: readErrors,
  }),
] as const;
