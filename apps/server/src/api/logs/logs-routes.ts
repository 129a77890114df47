import type { Handlers } from '../handler.ts';
import type { Logger } from 'pino';
import type { LogEvent, ReadLogs } from '../../services/logs/read-logs.ts';
import { Readable } from 'node:stream';
import { abortWithCaller, beginEventStream } from '../../http/event-stream.ts';

export interface LogRoutes {
  readLogs: ReadLogs;
  /** Aborted when the server stops. */
  closing: AbortSignal;
  idleAfterMs: number;
  log: Logger;
}

export function createLogHandlers(
  services: LogRoutes,
): Pick<Handlers, 'get_job_run_logs' | 'get_job_run_log_stream'> {
  const { readLogs, closing, idleAfterMs, log } = services;
  return {
    async get_job_run_logs({ params, reply }) {
      const lines = await readLogs.read(params.workspace_id, params.job_run_id);
      void reply.type('application/x-ndjson');
      return Readable.from(lines, { objectMode: false });
    },

    async get_job_run_log_stream({ params, reply }) {
      const signal = AbortSignal.any([abortWithCaller(reply), closing]);
      const events = await readLogs.follow(params.workspace_id, params.job_run_id, { signal, idleAfterMs });
      beginEventStream(reply);
      return Readable.from(toEventStream(events, { closing, log }), { objectMode: false });
    },
  };
}

const eventStart = 'event: log\ndata: ';

/**
 * Formats log lines as events the way the dlt client reads them: `event: log` before every `data:` line. Send
 * the first comment at once, so that the response headers are sent: a client that does not follow gives up
 * after one second without them.
 */
async function* toEventStream(
  events: AsyncIterable<LogEvent>,
  { closing, log }: { closing: AbortSignal; log: Logger },
): AsyncGenerator<string> {
  yield ': log\n\n';
  try {
    for await (const event of events) {
      yield event.kind === 'idle' ? ': still here\n\n' : toLogEvents(event.ndjson);
    }
    if (closing.aborted)
      yield toErrorEvent('The server is stopping; the run continues. Follow its log again in a moment.');
  } catch (error) {
    log.error({ err: error }, 'a log stream failed');
    yield toErrorEvent('The log cannot be read any further; the run continues.');
  }
}

/** @param ndjson whole lines, each ending with a newline */
function toLogEvents(ndjson: Uint8Array): string {
  const text = Buffer.from(ndjson.buffer, ndjson.byteOffset, ndjson.length - 1).toString();
  return `${eventStart}${text.replaceAll('\n', `\n\n${eventStart}`)}\n\n`;
}

function toErrorEvent(error: string): string {
  return `event: error\ndata: ${JSON.stringify({ error })}\n\n`;
}
