/**
 * Headers of tar entries as Python's tarfile writes them in dlt's archives (POSIX.1-2001, "pax"). A library
 * would write other bytes for the same files; equal bytes make archives of both clients comparable.
 */

const blockBytes = 512;
const nameBytes = 100;

/** An entry of an archive, with neither user nor group. */
export interface TarEntry {
  name: string;
  sizeBytes: number;
  mode: number;
  modifiedAtSeconds: number;
  linkTarget: string | null;
}

/** The header of an entry, preceded by a pax header if its name or target does not fit into the old one. */
export function writeTarHeader(entry: TarEntry): Buffer {
  const { name, linkTarget } = entry;
  const records = [
    ...(needsPax(name) ? [['path', name] as const] : []),
    ...(linkTarget !== null && needsPax(linkTarget) ? [['linkpath', linkTarget] as const] : []),
    ...(entry.sizeBytes >= 8 ** 11 ? [['size', String(entry.sizeBytes)] as const] : []),
  ];
  const header = writeHeaderBlock({ ...entry, type: linkTarget === null ? '0' : '2' });
  return records.length === 0 ? header : Buffer.concat([writePaxHeader(records), header]);
}

/** Zeros that fill the last block of a content. */
export function writeTarPadding(sizeBytes: number): Buffer {
  return Buffer.alloc((blockBytes - (sizeBytes % blockBytes)) % blockBytes);
}

/** The end of an archive of `writtenBytes`: two empty blocks, filled up to a record. */
export function writeTarEnd(writtenBytes: number): Buffer {
  const recordBytes = 20 * blockBytes;
  const endBytes = 2 * blockBytes;
  const rest = (writtenBytes + endBytes) % recordBytes;
  return Buffer.alloc(endBytes + (rest === 0 ? 0 : recordBytes - rest));
}

function needsPax(text: string): boolean {
  return text.length > nameBytes || !isAscii(text);
}

function writePaxHeader(records: readonly (readonly [key: string, value: string])[]): Buffer {
  const content = Buffer.from(records.map(([key, value]) => formatPaxRecord(key, value)).join(''));
  const header = writeHeaderBlock({
    name: '././@PaxHeader',
    type: 'x',
    sizeBytes: content.length,
    mode: 0,
    modifiedAtSeconds: 0,
    linkTarget: null,
  });
  return Buffer.concat([header, content, writeTarPadding(content.length)]);
}

/** `<length> <key>=<value>`; the length counts its own digits. */
function formatPaxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const restBytes = Buffer.byteLength(rest);
  let length = restBytes + 1;
  while (String(length).length + restBytes !== length) length = String(length).length + restBytes;
  return `${length}${rest}`;
}

function writeHeaderBlock(entry: TarEntry & { type: string }): Buffer {
  const header = Buffer.alloc(blockBytes);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`;
  header.write(toAscii(entry.name), 0, nameBytes, 'latin1');
  header.write(octal(entry.mode, 7), 100, 'latin1');
  header.write(octal(0, 7) + octal(0, 7), 108, 'latin1');
  header.write(octal(entry.sizeBytes < 8 ** 11 ? entry.sizeBytes : 0, 11), 124, 'latin1');
  header.write(octal(Math.max(0, entry.modifiedAtSeconds), 11), 136, 'latin1');
  header.write(' '.repeat(8), 148, 'latin1');
  header.write(entry.type, 156, 'latin1');
  header.write(toAscii(entry.linkTarget ?? ''), 157, nameBytes, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  const checksum = header.reduce((sum, byte) => sum + byte, 0);
  header.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** Python replaces what ASCII lacks by a question mark; the pax header has the text itself. */
function toAscii(text: string): string {
  return Array.from(text, (sign) => (isAscii(sign) ? sign : '?')).join('');
}

function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}
