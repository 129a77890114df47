/**
 * Loaded into a server by `--import`: counts the statements that it sends to Postgres, and writes the count to each
 * connection to the socket in PUMPHOUSE_BENCH_STATEMENTS.
 */
import { createServer } from 'node:net';
import { isMainThread } from 'node:worker_threads';
import { Client } from 'pg';

type Query = (this: Client, ...args: unknown[]) => unknown;

const path = process.env['PUMPHOUSE_BENCH_STATEMENTS'];
// The variables also reach the threads of the server, and commands for the same data folder.
if (path !== undefined && isMainThread && process.argv[2] === 'server') countTo(path);

function countTo(socketPath: string): void {
  let count = 0;
  const client = Client.prototype as unknown as { query: Query };
  const { query } = client;
  client.query = function countedQuery(...args) {
    count += 1;
    return query.apply(this, args);
  };
  createServer((socket) => socket.end(String(count)))
    .listen(socketPath)
    .unref();
}
