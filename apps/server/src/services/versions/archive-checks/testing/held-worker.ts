/** A thread that computes without a pause until a test releases it, like one that unpacks a zip bomb. */
import { parentPort, workerData } from 'node:worker_threads';
import { checkArchive, type ArchiveTask } from '../check-archive.ts';
import { packError } from '../packed-error.ts';

/** Indexes of the counter of computing threads and of the release flag. */
const [started, released] = [0, 1];
const shared = new Int32Array(workerData as SharedArrayBuffer);

parentPort?.on('message', (task: ArchiveTask) => {
  Atomics.add(shared, started, 1);
  while (Atomics.load(shared, released) === 0);
  checkArchive(task).then(
    (result) => parentPort?.postMessage({ result }),
    (error: unknown) => parentPort?.postMessage({ error: packError(error) }),
  );
});
