import type { FastifyReply } from 'fastify';

/** A signal that is aborted when the caller disconnects, or when the response has been sent. */
export function abortWithCaller(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => controller.abort());
  return controller.signal;
}

/** Sends the headers of a response that lasts as long as the caller reads it. */
export function beginEventStream(reply: FastifyReply): void {
  void reply.type('text/event-stream').headers({
    // A buffering proxy would delay the lines of a live log by minutes.
    'x-accel-buffering': 'no',
    // Shutdown waits for connections; an idle keep-alive connection would delay it by more than a minute.
    connection: 'close',
  });
}
