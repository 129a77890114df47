/** Reads the spool of an attempt's bootstrap. A run controls its size, so every read is bounded. */
import type Docker from 'dockerode';
import type { ExitDetails } from '../contract/attempt-runner.ts';
import { readExitRecord } from '../exit-record.ts';
import { openFile, type OpenedFile } from './files.ts';
import { folders } from './names.ts';

/** The exit record is the last line and never longer than this. */
const tailBytes = 1024 * 1024;
/** Above the limits of logs and telemetry together, including the overhead of records. */
const maxSpoolBytes = 4 * 1024 ** 3;
/** An unused transfer is aborted after this time. */
const idleMilliseconds = 30_000;

const openSpool = async (container: Docker.Container): Promise<OpenedFile | null> => {
  const file = await openFile(container, `${folders.record}/spool`);
  if (file === null || file.sizeBytes <= maxSpoolBytes) return file;
  file.close();
  return null;
};

/** The exit record at the end of the spool; null if the spool does not end with one. */
export async function readExitDetails(container: Docker.Container): Promise<ExitDetails | null> {
  const file = await openSpool(container);
  if (file === null) return null;
  const pieces: Buffer[] = [];
  let kept = 0;
  try {
    for await (const piece of file.content as AsyncIterable<Buffer>) {
      kept += piece.length;
      pieces.push(piece);
      while (kept - (pieces[0]?.length ?? 0) >= tailBytes) kept -= pieces.shift()?.length ?? 0;
    }
  } finally {
    file.close();
  }
  return readExitRecord(Buffer.concat(pieces).subarray(-tailBytes));
}

interface Transfer {
  file: OpenedFile;
  pieces: AsyncIterator<Buffer>;
  position: number;
  rest: Buffer;
  idle: NodeJS.Timeout;
}

/**
 * Reads spools in pieces. The engine sends a file only as a whole from its beginning: the transfer stays open
 * between calls, so that a large spool that is read in order is transferred once.
 */
export function createSpoolReader() {
  const transfers = new Map<string, Transfer>();

  function end(attemptId: string): void {
    const transfer = transfers.get(attemptId);
    if (transfer === undefined) return;
    transfers.delete(attemptId);
    clearTimeout(transfer.idle);
    transfer.file.close();
  }

  async function begin(attemptId: string, container: Docker.Container): Promise<Transfer | null> {
    end(attemptId);
    const file = await openSpool(container);
    if (file === null) return null;
    const pieces = (file.content as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    const idle = setTimeout(() => end(attemptId), idleMilliseconds).unref();
    const transfer = { file, pieces, position: 0, rest: Buffer.alloc(0), idle };
    transfers.set(attemptId, transfer);
    return transfer;
  }

  /** Takes at most `wanted` bytes; fewer only at the end. */
  async function take(transfer: Transfer, wanted: number, keep: boolean): Promise<Buffer> {
    const taken: Buffer[] = [];
    let missing = wanted;
    while (missing > 0) {
      if (transfer.rest.length === 0) {
        const next = await transfer.pieces.next();
        if (next.done === true) break;
        transfer.rest = next.value;
      }
      const piece = transfer.rest.subarray(0, missing);
      transfer.rest = transfer.rest.subarray(piece.length);
      transfer.position += piece.length;
      missing -= piece.length;
      if (keep) taken.push(piece);
    }
    return Buffer.concat(taken);
  }

  return {
    /**
     * Reads bytes from an offset; empty past the end; null if there is no spool. Only one call at a time per
     * attempt.
     */
    async read(
      attemptId: string,
      container: Docker.Container,
      offset: number,
      maxBytes: number,
    ): Promise<Uint8Array | null> {
      const open = transfers.get(attemptId);
      const transfer = open?.position === offset ? open : await begin(attemptId, container);
      if (transfer === null) return null;
      try {
        if (transfer.position < offset) await take(transfer, offset - transfer.position, false);
        const piece = await take(transfer, maxBytes, true);
        if (piece.length < maxBytes) end(attemptId);
        else transfer.idle.refresh();
        return piece;
      } catch (error) {
        end(attemptId);
        throw error;
      }
    },
    end,
  };
}
