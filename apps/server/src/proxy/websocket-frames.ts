/** The longest frame header: two bytes, a length of eight, a mask of four (RFC 6455, 5.2). */
const maxHeadBytes = 14;

/**
 * Follows the frames of one direction of a WebSocket without buffering them.
 * @returns a function that takes the bytes as they pass and returns whether they included data; pings and
 * pongs, which libraries send automatically, are not data
 */
export function createFrameReader(): (chunk: Buffer) => boolean {
  const head = Buffer.alloc(maxHeadBytes);
  let headSize = 0;
  let payloadLeft = 0;
  let isControl = false;

  return (chunk) => {
    let hasData = false;
    let at = 0;
    while (at < chunk.length) {
      if (payloadLeft > 0) {
        const taken = Math.min(payloadLeft, chunk.length - at);
        payloadLeft -= taken;
        at += taken;
      } else {
        head[headSize] = chunk[at] ?? 0;
        headSize += 1;
        at += 1;
        if (headSize < 2 || headSize < lengthOfHead(head)) continue;
        isControl = ((head[0] ?? 0) & 0x08) !== 0;
        payloadLeft = lengthOfPayload(head);
        headSize = 0;
      }
      hasData ||= !isControl;
    }
    return hasData;
  };
}

function lengthOfHead(head: Buffer): number {
  const second = head[1] ?? 0;
  const short = second & 0x7f;
  const extended = short === 127 ? 8 : short === 126 ? 2 : 0;
  return 2 + extended + (second & 0x80 ? 4 : 0);
}

function lengthOfPayload(head: Buffer): number {
  const short = (head[1] ?? 0) & 0x7f;
  if (short === 126) return head.readUInt16BE(2);
  return short === 127 ? Number(head.readBigUInt64BE(2)) : short;
}
