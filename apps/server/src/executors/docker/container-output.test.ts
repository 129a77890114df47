import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { splitOutput } from './container-output.ts';

const [toStdout, toStderr] = [1, 2];
const pieceBytes = 65_536;

function frame(descriptor: number, content: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header[0] = descriptor;
  header.writeUInt32BE(content.length, 4);
  return Buffer.concat([header, content]);
}

describe('attached output', () => {
  it('is split by descriptor, whatever pieces it arrives in', async () => {
    const output = Buffer.concat([
      frame(toStdout, Buffer.from('rows, ')),
      frame(toStderr, Buffer.from('a warning')),
      frame(toStdout, Buffer.alloc(0)),
      frame(toStdout, Buffer.from('more rows')),
    ]);
    for (const size of [1, 3, 11, output.length]) {
      const attached = new PassThrough();
      const { stdout, stderr } = splitOutput(attached);
      for (let at = 0; at < output.length; at += size) attached.write(output.subarray(at, at + size));
      attached.end();
      expect([await text(stdout), await text(stderr)]).toEqual(['rows, more rows', 'a warning']);
    }
  });

  it('is read no further than a slow reader has read', async () => {
    let given = 0;
    const attached = new Readable({
      highWaterMark: pieceBytes,
      read() {
        given += 1;
        this.push(given > 100 ? null : frame(toStdout, Buffer.alloc(pieceBytes, 'x')));
      },
    });
    const { stdout, stderr } = splitOutput(attached);
    stderr.resume();
    await new Promise<void>((resolve) => attached.once('pause', resolve));
    expect(given).toBeLessThan(10);
    expect((await text(stdout)).length).toBe(100 * pieceBytes);
  });
});
