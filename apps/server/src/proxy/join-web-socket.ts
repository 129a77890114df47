import type { AdmittedExchange } from './exchange.ts';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';
import { createFrameReader } from './websocket-frames.ts';

/** How long one side may take to close after the other did. */
const closeMs = 10_000;
/** TCP keep-alive interval that detects silent visitors who are gone. */
export const keepAliveMs = 60_000;

/**
 * Connects the visitor's socket to the app's, with back-pressure in both directions. A silent WebSocket is
 * left open: its page would reconnect, which would count as use. TCP keep-alive detects a visitor who
 * vanished.
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

/** Give the other side time for its last frames. */
function endSoon(socket: Duplex): void {
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), closeMs);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}
