/** A container that waits for an attempt: start it, hand it the attempt, end it. */
import { createInterface } from 'node:readline';
import { PassThrough, type Duplex } from 'node:stream';
import type Docker from 'dockerode';
import { z } from 'zod';
import { ExecutorError } from '../../contract/executor-error.ts';
import { readLastOutput } from '../container-output.ts';
import { planContainer, type ContainerPlan } from '../container-plan.ts';
import { allowSilence, orNull } from '../engine.ts';
import { putFiles, type Owner, type PlacedFile } from '../files.ts';
import { attemptName, folders } from '../names.ts';
import { removeVolume } from '../volumes.ts';

/** Importing dlt takes a busy machine many seconds. */
const readyMilliseconds = 120_000;
/** A slot that does not confirm its attempt by then is killed, and the attempt starts in another container. */
const assignedMilliseconds = 5000;
/** The bootstrap ends after a minute of silence. */
const aliveMilliseconds = 20_000;

const readySchema = z.object({ ready: z.literal(true), memory_bytes: z.number() });
const assignedSchema = z.object({ assigned: z.literal(true) });

export interface SlotPlan {
  plan: ContainerPlan;
  files: PlacedFile[];
  owner: Owner;
  /** The volume of the slot, which exists. */
  volume: string;
}

export interface SlotContainer {
  /** Memory of the waiting interpreter. */
  readonly memoryBytes: number;
  /** Resolves when the container has ended, or can no longer be reached. */
  readonly ended: Promise<void>;
  /**
   * Gives the container the name of the attempt.
   * @throws the engine's error if another container has it
   */
  rename(attemptId: string): Promise<void>;
  /**
   * Hands over the contents of start.json.
   * @returns whether the bootstrap has taken the attempt
   */
  assign(start: object): Promise<boolean>;
  /** Kills and removes the container, whatever its name, and its volume. */
  remove(): Promise<void>;
}

/** Starts a slot and waits until it is ready. Nothing is left of it when that fails. */
export async function startSlot(
  engine: Docker,
  { plan, files, owner, volume }: SlotPlan,
): Promise<SlotContainer> {
  const container = await engine.createContainer(planContainer(plan)).catch(async (error: unknown) => {
    await removeVolume(engine, volume).catch(() => undefined);
    throw error;
  });
  const remove = async (): Promise<void> => {
    // Podman would first wait for the end that it asks for.
    await container.kill({ signal: 'SIGKILL' }).catch(() => undefined);
    await orNull(container.remove({ v: true, force: true }));
    await removeVolume(engine, volume);
  };
  try {
    await putFiles(container, folders.attempt, files, owner);
    const lines = await openLines(container);
    try {
      await container.start();
      const { memory_bytes: memoryBytes } = readySchema.parse(await lines.next(readyMilliseconds));
      return {
        memoryBytes,
        ended: lines.ended,
        async rename(attemptId) {
          await container.rename({ name: attemptName(attemptId) });
        },
        async assign(start) {
          lines.send(start);
          const answer = await lines.next(assignedMilliseconds).catch(() => null);
          lines.close();
          return assignedSchema.safeParse(answer).success;
        },
        async remove() {
          lines.close();
          await remove();
        },
      };
    } catch (error) {
      lines.close();
      throw error;
    }
  } catch (error) {
    const output = await readLastOutput(container).catch(() => '');
    await remove().catch(() => undefined);
    throw output === '' ? error : new ExecutorError('backend', output, { cause: error });
  }
}

/** The standard input and output of a container, attached before it starts. */
async function openLines(container: Docker.Container) {
  const stream = await attach(container);
  allowSilence(stream);
  const output = new PassThrough();
  container.modem.demuxStream(stream, output, new PassThrough());
  const alive = setInterval(() => stream.write('\n'), aliveMilliseconds).unref();
  const ended = Promise.withResolvers<void>();
  const finish = (): void => {
    clearInterval(alive);
    output.end();
    ended.resolve();
  };
  stream.once('end', finish).once('close', finish).on('error', finish);
  const lines = createInterface({ input: output })[Symbol.asyncIterator]();
  return {
    ended: ended.promise,
    send: (message: object): void => void stream.write(`${JSON.stringify(message)}\n`),
    /** @throws Error when the container ends or says nothing */
    async next(milliseconds: number): Promise<unknown> {
      const timeout = Promise.withResolvers<never>();
      const timer = setTimeout(() => timeout.reject(new Error('It did not answer in time.')), milliseconds);
      try {
        const line = await Promise.race([lines.next(), timeout.promise]);
        if (line.done === true) throw new Error('It ended.');
        return JSON.parse(line.value);
      } finally {
        clearTimeout(timer);
      }
    },
    close(): void {
      finish();
      stream.destroy();
    },
  };
}

/**
 * Attaches to the input and output. The client's own call sends its options as the body, which engines pass on to
 * the container, and without a body it sends nothing at all: this one sends an empty line.
 */
function attach({ id, modem }: Docker.Container): Promise<Duplex> {
  const call = {
    path: `/containers/${id}/attach?`,
    method: 'POST',
    options: { stream: true, stdin: true, stdout: true },
    file: Buffer.from('\n'),
    headers: { 'Content-Type': 'text/plain' },
    isStream: true,
    hijack: true,
    openStdin: true,
    statusCodes: { 200: true, 101: true, 404: 'no such container', 500: 'server error' },
  };
  return new Promise((resolve, reject) => {
    modem.dial(call, (error: unknown, stream: unknown) => {
      if (error instanceof Error) reject(error);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- dockerode declares less than the stream that it gives
      else resolve(stream as Duplex);
    });
  });
}
