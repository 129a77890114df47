import { createConnection } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const counter = fileURLToPath(new URL('count-statements.ts', import.meta.url));

/** The variables of a server that counts the statements it sends to Postgres. */
export function countingVariables(socketPath: string): Record<string, string> {
  return { NODE_OPTIONS: `--import=${counter}`, PUMPHOUSE_BENCH_STATEMENTS: socketPath };
}

/** Reads how many statements the server has sent since its start. */
export async function readStatementCount(socketPath: string): Promise<number> {
  return Number(await text(createConnection(socketPath)));
}
