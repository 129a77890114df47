import { text } from 'node:stream/consumers';

/** Reads standard input to its end, without the line ending that `echo` adds. */
export async function readStandardInput(): Promise<string> {
  return (await text(process.stdin)).replace(/\r?\n$/, '');
}
