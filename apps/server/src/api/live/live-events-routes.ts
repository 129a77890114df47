import type { Credentials } from '../../services/sign-in/credentials.ts';
import type { FollowedScopes, FollowEvents } from '../../services/live/follow-events.ts';
import type { Handlers } from '../handler.ts';
import type { LiveMessage } from '../../services/live/coalescing-queue.ts';
import type { Logger } from 'pino';
import type { RouteQuery } from '@pumphouse/contract';
import { userOf } from '../handler.ts';
import { Readable } from 'node:stream';
import { abortWithCaller, beginEventStream } from '../../http/event-stream.ts';
import { readBearer } from '../../http/caller.ts';
import { toEventText } from './live-events-serializers.ts';

export interface LiveEventRoutes {
  followEvents: FollowEvents;
  credentials: Credentials;
  /** Aborted when the server stops. */
  closing: AbortSignal;
  log: Logger;
}

export function createLiveEventHandlers({
  followEvents,
  credentials,
  closing,
  log,
}: LiveEventRoutes): Pick<Handlers, 'follow_events'> {
  return {
    async follow_events({ query, authorization, request, reply }) {
      const bearer = readBearer(request);
      const messages = await followEvents(toScopes(query), {
        principal: userOf(authorization),
        authenticate: () => credentials.authenticateUser(bearer),
        signal: AbortSignal.any([abortWithCaller(reply), closing]),
      });
      beginEventStream(reply);
      return Readable.from(toEventStream(messages, { closing, log }), { objectMode: false });
    },
  };
}

function toScopes({ workspace_id, log, log_lines, since }: RouteQuery<'follow_events'>): FollowedScopes {
  const logs = log.map((address) => {
    const [workspaceId = '', jobRunId = ''] = address.split('/');
    return { workspaceId, jobRunId };
  });
  return { workspaceIds: workspace_id, logs, withLogLines: log_lines, since: since ?? null };
}

/** Send the first comment at once, so that the response headers are sent too. */
async function* toEventStream(
  messages: AsyncIterable<LiveMessage>,
  { closing, log }: { closing: AbortSignal; log: Logger },
): AsyncGenerator<string> {
  yield ': events\n\n';
  try {
    for await (const message of messages) yield toEventText(message);
    if (!closing.aborted) return;
    const detail = 'The server is stopping. Connect again in a moment.';
    yield toEventText({ kind: 'end', reason: 'stopping', detail });
  } catch (error) {
    log.error({ err: error }, 'a stream of events failed');
    const detail = 'The server failed. Connect again in a moment.';
    yield toEventText({ kind: 'end', reason: 'failed', detail });
  }
}
