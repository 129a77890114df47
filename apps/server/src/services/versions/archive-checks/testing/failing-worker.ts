/** A thread that exits at its first task. */
import { parentPort } from 'node:worker_threads';

parentPort?.on('message', () => process.exit(1));
