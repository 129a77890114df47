/** A thread that counts itself when it starts. */
import { workerData } from 'node:worker_threads';

Atomics.add(new Int32Array(workerData as SharedArrayBuffer), 0, 1);
await import('../archive-worker.ts');
