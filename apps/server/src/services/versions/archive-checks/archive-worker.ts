/** Worker thread of `archive-threads.ts`: checks one archive after the other. */
import { parentPort } from 'node:worker_threads';
import { checkArchive, type ArchiveTask } from './check-archive.ts';
import { packError } from './packed-error.ts';

parentPort?.on('message', (task: ArchiveTask) => {
  checkArchive(task).then(
    (result) => parentPort?.postMessage({ result }),
    (error: unknown) => parentPort?.postMessage({ error: packError(error) }),
  );
});
