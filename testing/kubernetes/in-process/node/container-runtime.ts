import type { Readable } from 'node:stream';
import type { LogOptions } from '../api-server/pod-actions.ts';
import type { Container, Pod } from '../api-server/pods/pod.ts';

/** What runs the containers of pods on a node. */
export interface ContainerRuntime {
  /**
   * Makes what a pod's containers share: its volumes and its address.
   * @throws NotReadyYet while something that it needs does not exist
   */
  preparePod(pod: Pod): Promise<PodSandbox>;
  /**
   * Pulls an image.
   * @returns its id
   * @throws ContainerProblem ErrImagePull, ErrImageNeverPull, InvalidImageName
   */
  pullImage(container: Container): Promise<string>;
  /**
   * Starts a container of a prepared pod.
   * @throws ContainerProblem CreateContainerConfigError, StartError
   */
  startContainer(pod: Pod, sandbox: PodSandbox, container: Container): Promise<RunningContainer>;
  readLog(pod: Pod, options: LogOptions): Promise<Readable | string>;
  /** Removes everything of a pod. */
  removePod(uid: string): Promise<void>;
}

export interface PodSandbox {
  ip: string;
  /** Where its volumes and messages are; empty if it has none. */
  folder: string;
}

export interface RunningContainer {
  id: string;
  startedAt: Date;
  ended: Promise<ContainerEnd>;
  /** Lets a signal reach it. Does nothing if it has ended. */
  signal(name: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

export interface ContainerEnd {
  exitCode: number;
  isOutOfMemory: boolean;
  finishedAt: Date;
  /** What it wrote as its termination message. */
  message: string;
}

/** Why a container cannot start, in Kubernetes' words. */
export class ContainerProblem extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The problem of an image that is not on the node and not in its registry. */
export function missingImage(image: string, policy: string | undefined): ContainerProblem {
  if (policy === 'Never') {
    const message = `Container image "${image}" is not present with pull policy of Never`;
    return new ContainerProblem('ErrImageNeverPull', message);
  }
  const why = `failed to resolve reference "${image}": ${image}: not found`;
  const message = `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": ${why}`;
  return new ContainerProblem('ErrImagePull', message);
}

/** Something that a pod needs may still come: a secret, a claim. */
export class NotReadyYet extends Error {}
