import type { Readable } from 'node:stream';
import type { Pod } from './pods/pod.ts';

export interface LogOptions {
  container: string;
  tailLines: number | undefined;
  limitBytes: number | undefined;
  sinceSeconds: number | undefined;
  hasTimestamps: boolean;
  follows: boolean;
}

/** What the API server asks of the node of a pod. */
export interface PodActions {
  /** @throws StatusError if the node does not respond */
  readLog(pod: Pod, options: LogOptions): Promise<Readable | string>;
}
