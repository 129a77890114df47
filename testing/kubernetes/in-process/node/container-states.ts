import { toTimestamp } from '../api-server/cluster-clock.ts';
import type { Container, ContainerState, ContainerStatus } from '../api-server/pods/pod.ts';
import type { ContainerEnd } from './container-runtime.ts';

export const waitingState = (reason: string, message?: string): ContainerState => ({
  waiting: { reason, ...(message !== undefined && { message }) },
});

export const runningState = (startedAt: Date): ContainerState => ({
  running: { startedAt: toTimestamp(startedAt) },
});

export function terminatedState(startedAt: Date, end: ContainerEnd, id: string): ContainerState {
  const { exitCode, isOutOfMemory, message, finishedAt } = end;
  return {
    terminated: {
      exitCode,
      reason: isOutOfMemory ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error',
      ...(message !== '' && { message }),
      startedAt: toTimestamp(startedAt),
      finishedAt: toTimestamp(finishedAt),
      containerID: id,
    },
  };
}

/** A container whose program could not be started. */
export function startErrorState(message: string, at: Date): ContainerState {
  const startedAt = '1970-01-01T00:00:00Z';
  return {
    terminated: { exitCode: 128, reason: 'StartError', message, startedAt, finishedAt: toTimestamp(at) },
  };
}

export function describeContainer(
  { name, image = '' }: Container,
  { state, id = '', imageId = '' }: { state: ContainerState; id?: string; imageId?: string },
): ContainerStatus {
  const isRunning = state.running !== undefined;
  return {
    name,
    state,
    lastState: {},
    ready: isRunning,
    restartCount: 0,
    image,
    imageID: imageId,
    ...(id !== '' && { containerID: id }),
    started: isRunning,
  };
}
