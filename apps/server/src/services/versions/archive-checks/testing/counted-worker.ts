/** A thread that counts itself when it starts. */
import { workerData } from 'node:worker_threads';
import '../archive-worker.ts';

Atomics.add(new Int32Array(workerData as SharedArrayBuffer), 0, 1);
