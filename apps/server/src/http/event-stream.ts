import type { FastifyReply } from 'fastify';

/** Aborted when the caller goes away, and when the answer has been sent. */
export function abortWithCaller(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => controller.abort());
  return controller.signal;
}

/** The head of an answer that goes on for as long as the caller reads it. */
export function beginEventStream(reply: FastifyReply): void {
  void reply.type('text/event-stream').headers({
    // A proxy that gathers what it passes on would make a live log of minutes-old lines.
    'x-accel-buffering': 'no',
    // A server that stops waits for its connections, and an idle one would keep it for more than a minute.
    connection: 'close',
  });
}
