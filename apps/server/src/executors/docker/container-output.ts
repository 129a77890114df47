/** What containers print. */
import type Docker from 'dockerode';

const lastOutputLines = 10;

/** The last lines that a container has written to its standard error. */
export async function readLastOutput(container: Docker.Container): Promise<string> {
  const log = await container.logs({ stdout: false, stderr: true, tail: lastOutputLines });
  return demultiplex(log).toString('utf8').trim();
}

/** The payloads of a fully read attached stream: frames with a header of 8 bytes. */
function demultiplex(log: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at + 8 <= log.length;) {
    const size = log.readUInt32BE(at + 4);
    pieces.push(log.subarray(at + 8, at + 8 + size));
    at += 8 + size;
  }
  return Buffer.concat(pieces);
}
