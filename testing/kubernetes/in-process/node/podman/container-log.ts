import { PassThrough, type Readable } from 'node:stream';
import type { connectEngine } from '@pumphouse/server/executors/docker/engine.ts';
import type { LogOptions } from '../../api-server/pod-actions.ts';

export type Engine = Awaited<ReturnType<typeof connectEngine>>;

/** Reads a container's log as the log route answers it. */
export async function readContainerLog(
  engine: Engine,
  id: string,
  options: LogOptions,
): Promise<Readable | string> {
  const { tailLines, sinceSeconds, limitBytes, hasTimestamps } = options;
  const wanted = {
    stdout: true,
    stderr: true,
    timestamps: hasTimestamps,
    ...(tailLines !== undefined && { tail: tailLines }),
    ...(sinceSeconds !== undefined && { since: Math.floor(Date.now() / 1000) - sinceSeconds }),
  };
  const container = engine.getContainer(id);
  if (options.follows) {
    const log = new PassThrough();
    const stream = await container.logs({ ...wanted, follow: true });
    container.modem.demuxStream(stream, log, log);
    stream.on('end', () => log.end());
    log.on('close', () => (stream as Readable).destroy());
    return log;
  }
  const text = joinFrames(await container.logs({ ...wanted, follow: false }));
  return limitBytes === undefined ? text : Buffer.from(text).subarray(0, limitBytes).toString();
}

/** The engine prefixes each part with its stream and its length. */
function joinFrames(framed: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= framed.length;) {
    const length = framed.readUInt32BE(at + 4);
    parts.push(framed.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts).toString();
}
