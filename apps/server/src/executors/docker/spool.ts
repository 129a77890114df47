/** Reads what an attempt's bootstrap recorded. Its size is a run's to choose: every read is bounded. */
import type Docker from 'dockerode';
import type { ExitFacts } from '../executor.ts';
import { readExitRecord } from '../exit-record.ts';
import { openFile, type OpenedFile } from './files.ts';
import { folders } from './names.ts';

/** The exit record is the last line; a longer line than this cannot be one. */
const tailBytes = 1024 * 1024;
/** Above the limits of logs and telemetry together, with what their records take. */
const largestSpoolBytes = 4 * 1024 ** 3;
/** A transfer that nobody goes on with is given up. */
const idleMilliseconds = 30_000;

const openSpool = async (container: Docker.Container): Promise<OpenedFile | null> => {
  const file = await openFile(container, `${folders.record}/spool`);
  if (file === null || file.sizeBytes <= largestSpoolBytes) return file;
  file.close();
  return null;
};

/** The exit record at the end of the spool; null where the spool does not end in one. */
export async function readExitFacts(container: Docker.Container): Promise<ExitFacts | null> {
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
 * Reads spools piece by piece. The engine gives a file only whole, from its beginning: a transfer is kept open between two calls, so that
 * a large spool which is read in order crosses the wire once.
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

  /** Takes `wanted` bytes at most; fewer only at the end. */
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
    /** Bytes from an offset; none past the end; null where there is no spool. One call at a time for an attempt. */
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
