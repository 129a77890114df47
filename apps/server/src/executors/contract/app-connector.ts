import type { Duplex } from 'node:stream';
import type { AttemptHandle } from './attempt-handle.ts';

/** Connects this server to apps: attempts that listen in an isolated network. */
export interface AppConnector {
  /**
   * Connects to a port inside an attempt with an isolated network. Each side closes its half on its own, and
   * unread data slows the sender down. The connection closes with the attempt. Several servers may connect to
   * one attempt. After it is established, it never emits an unhandled `error`; a caller without an `error`
   * listener sees only `close`.
   * @param port below 32768: higher ports are used for outgoing connections
   * @throws ExecutorError backend, if nothing listens, or the attempt has no such network, has ended, or is
   * elsewhere
   */
  connect(handle: AttemptHandle, port: number): Promise<Duplex>;
}
