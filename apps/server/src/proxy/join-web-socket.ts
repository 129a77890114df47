import type { AdmittedExchange } from './exchange.ts';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';
import { createFrameReader } from './websocket-frames.ts';

/** How long one side has to close after the other did. */
const closeMs = 10_000;
/** How soon TCP asks whether a silent visitor is still there. */
export const keepAliveMs = 60_000;

/**
 * Joins the visitor's socket to the app's, with back-pressure both ways. A silent one is left open: its page would connect again, and that
 * would be use. A visitor who is gone without a word is found by TCP itself.
 */
export function joinWebSocket(exchange: AdmittedExchange, app: { socket: Duplex; head: Buffer }): void {
  const { response, request, upgradeHead, touch } = exchange;
  const visitor = request.socket;
  response.detachSocket(visitor);
  visitor.setTimeout(0);
  visitor.setKeepAlive(true, keepAliveMs);
  if (upgradeHead && upgradeHead.length > 0) visitor.unshift(upgradeHead);
  if (app.head.length > 0) app.socket.unshift(app.head);
  for (const [from, to] of [
    [visitor, app.socket],
    [app.socket, visitor],
  ] as const) {
    const hasData = createFrameReader();
    from.on('data', (chunk: Buffer) => {
      if (hasData(chunk)) touch();
    });
    pipeline(from, to, () => endSoon(to));
  }
}

/** The other side may still say its last word. */
function endSoon(socket: Duplex): void {
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), closeMs);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}
