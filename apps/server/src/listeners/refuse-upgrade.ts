import type { Duplex } from 'node:stream';
import type { ErrorCode } from '@pumphouse/contract';
import { STATUS_CODES } from 'node:http';
import { errorBody } from '../http/errors.ts';

/** Answers a request for another protocol with an error, and ends its connection. */
export function refuseUpgrade(
  socket: Duplex,
  { status, code }: { status: number; code: ErrorCode },
  detail: string,
): void {
  const body = JSON.stringify(errorBody(code, detail));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
