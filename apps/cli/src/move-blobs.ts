import type { MovedBlobs, OpenedMove } from '@pumphouse/server/operator';
import { formatBytes, openMoveBlobs, readConfig, recordChange } from '@pumphouse/server/operator';
import { withStore } from './admin.ts';

const progressMs = 5000;

/** Copies all blobs to another location while servers run, and says what to do next. */
export async function moveBlobs({ to }: { to: string }): Promise<void> {
  const onProgress = createProgress();
  await withStore(async (persistence) => {
    const opened = await openMoveBlobs(readConfig(), persistence, { toUrl: to, onProgress });
    write(`Copying from ${opened.from} to ${opened.to}.`);
    const moved = await opened.move();
    await recordChange(persistence.store, {
      action: 'storage.move',
      target: { kind: 'storage', id: null, name: null },
      before: null,
      after: { from: opened.from, to: opened.to, copied: moved.copied },
    });
    report(moved);
    write(describeNextStep(opened, moved));
  });
}

function report({ copied, copiedBytes, present, waitingLogs, missingLogs }: MovedBlobs): void {
  write(`${copied} copied (${formatBytes(copiedBytes)}) and compared, ${present} were there already.`);
  if (missingLogs > 0) write(`${missingLogs} logs are in neither location: their files are lost.`);
  if (waitingLogs > 0) write(`${waitingLogs} logs of active runs move after the switch.`);
}

function describeNextStep({ from, to, isSwitched }: OpenedMove, { copied }: MovedBlobs): string {
  const again = `bin/pumphouse admin move-blobs --to ${to}`;
  if (!isSwitched)
    return (
      `Next: set PUMPHOUSE_BLOBS_URL=${to} and PUMPHOUSE_BLOBS_FALLBACK_URL=${from} for every server, and restart all of them. ` +
      `Then run with the same settings: ${again}`
    );
  if (copied > 0)
    return `Next: run this command again, until it copies nothing. A server that was not restarted still writes to ${from}.`;
  return `All blobs are in ${to}. Next: remove PUMPHOUSE_BLOBS_FALLBACK_URL from every server and restart them. Then ${from} can be removed.`;
}

function createProgress(): (moved: MovedBlobs) => void {
  let last = Date.now();
  return ({ copied, copiedBytes, present }) => {
    if (Date.now() - last < progressMs) return;
    last = Date.now();
    write(`${copied} copied (${formatBytes(copiedBytes)}) so far, ${present} were there already`);
  };
}

function write(line: string): void {
  process.stderr.write(`${line}\n`);
}
