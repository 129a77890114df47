import { describe, expect, it } from 'vitest';
import { createFrameReader } from './websocket-frames.ts';
import { hasEvents } from './use-notes.ts';

const text = 0x81;
const ping = 0x89;
const pong = 0x8a;

function frame(first: number, size: number, isMasked: boolean): Buffer {
  const mask = isMasked ? 0x80 : 0;
  const head =
    size < 126
      ? Buffer.from([first, mask | size])
      : size < 65_536
        ? Buffer.from([first, mask | 126, size >> 8, size & 0xff])
        : Buffer.concat([Buffer.from([first, mask | 127, 0, 0, 0, 0]), uint32(size)]);
  // A payload that would read as the header of a text frame.
  return Buffer.concat([head, Buffer.alloc(isMasked ? 4 : 0, 0x81), Buffer.alloc(size, 0x81)]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

describe.each([true, false])('frames (masked: %s)', (isMasked) => {
  it('are classified as data or control', () => {
    const reader = createFrameReader();
    expect(reader(frame(ping, 125, isMasked))).toBe(false);
    expect(reader(frame(pong, 0, isMasked))).toBe(false);
    expect(reader(frame(text, 3, isMasked))).toBe(true);
    expect(reader(frame(ping, 4, isMasked))).toBe(false);
  });

  it.each([0, 1, 125, 126, 65_535, 65_536])('of %i bytes are followed to their end', (size) => {
    const reader = createFrameReader();
    expect(reader(frame(text, size, isMasked))).toBe(true);
    expect(reader(frame(ping, 5, isMasked))).toBe(false);
  });

  it('are followed byte by byte', () => {
    const reader = createFrameReader();
    const bytes = Buffer.concat([frame(ping, 100, isMasked), frame(pong, 7, isMasked)]);
    expect([...bytes].some((byte) => reader(Buffer.from([byte])))).toBe(false);
    const later = [...frame(text, 300, isMasked)].map((byte) => reader(Buffer.from([byte])));
    expect(later.at(-1)).toBe(true);
  });

  it('may arrive several at once', () => {
    const reader = createFrameReader();
    expect(reader(Buffer.concat([frame(ping, 9, isMasked), frame(text, 9, isMasked)]))).toBe(true);
    expect(reader(Buffer.concat([frame(ping, 9, isMasked), frame(pong, 9, isMasked)]))).toBe(false);
  });
});

describe('event streams', () => {
  it.each([': ping - 2026-01-01\r\n\r\n', ':\n\n', '\n', ': a\n: b\n\n'])('%j is no event', (chunk) =>
    expect(hasEvents(Buffer.from(chunk))).toBe(false),
  );
  it.each(['data: x\n\n', ': ping\n\ndata: x\n\n', ':x'.repeat(400)])('%j is an event', (chunk) =>
    expect(hasEvents(Buffer.from(chunk))).toBe(true),
  );
});
