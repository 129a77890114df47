/** Prepares containers for what runs often, hands them to attempts, and ends them. */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { LRUCache } from 'lru-cache';
import type { AttemptSpec } from '../../contract/attempt-runner.ts';
import type { TemplateStatus, TemplateStore } from '../../contract/template-store.ts';
import { chooseEvicted, isWornOut, templateRules, type TemplateUse } from '../../template-policy.ts';
import { createTemplateDemand } from '../../template-demand.ts';
import { makeAttemptVolume, makeLocalData } from '../attempts.ts';
import { describeStart, type AttemptContainerContext, type ClosedMachine } from '../container-plan.ts';
import type { DockerBackend, EngineConnection } from '../docker-backend.ts';
import { engineMessage } from '../engine.ts';
import { requireEnvironment } from '../environments.ts';
import { attemptVolume, labels, labelsOf, slotVolume } from '../names.ts';
import { makeVolume } from '../volumes.ts';
import { startSlot, type SlotContainer } from './slot-container.ts';
import { nameScope, planSlot, planSlotFiles, readScope, type SlotScope } from './slot-plan.ts';

export interface Slots extends TemplateStore {
  /**
   * Notes a start, and gives the attempt to a slot that waits for one of its kind.
   * @returns whether a container has the attempt now; otherwise none has, unless another server started it
   */
  assign(spec: AttemptSpec): Promise<boolean>;
  /** Ends the slots of an environment that goes away. */
  forgetEnvironment(environment: string): Promise<void>;
}

/** What the containers of a scope are started with at present. */
interface SlotSurroundings extends Omit<AttemptContainerContext, 'volumes'> {
  machine: ClosedMachine;
}

interface WaitingSlot {
  scope: SlotScope;
  container: SlotContainer;
  surroundings: SlotSurroundings;
  startedAtMs: number;
  lastUsedAtMs: number;
  memoryBytes: number;
}

const maxScopes = 1000;
/** A slot is prepared once no run has started for this time, because runs of a burst need the machine more. */
const quietMilliseconds = 1000;

/** @param memoryPercent share of the engine's memory for all slots of this server; 0 means none */
export function createSlots(backend: DockerBackend, memoryPercent: number): Slots {
  const { installationId, faultPoints } = backend;
  const demand = createTemplateDemand();
  const runs = new LRUCache<string, number>({ max: maxScopes });
  const wanted = new Map<string, SlotScope>();
  const waiting = new Map<string, WaitingSlot>();
  let quiet: NodeJS.Timeout | null = null;
  let preparing: Promise<void> = Promise.resolve();
  let isClosed = false;

  function prepareWhenQuiet(): void {
    if (isClosed || wanted.size === 0) return;
    if (quiet !== null) clearTimeout(quiet);
    quiet = setTimeout(() => {
      quiet = null;
      preparing = preparing.then(prepareNext);
    }, quietMilliseconds).unref();
  }

  /** Prepares the slot that was wanted last. The others follow unless a run has started meanwhile. */
  async function prepareNext(): Promise<void> {
    const [name, scope] = [...wanted].at(-1) ?? [];
    if (isClosed || quiet !== null || name === undefined || scope === undefined) return;
    wanted.delete(name);
    try {
      if (!waiting.has(name) && !demand.hasFailed(name)) await prepare(name, scope);
    } catch (error) {
      demand.noteFailure(name, `No container could be prepared for the next run: ${engineMessage(error)}`);
    }
    return prepareNext();
  }

  async function prepare(name: string, scope: SlotScope): Promise<void> {
    const connection = await backend.connect();
    const maxBytes = ((connection.details.memoryBytes ?? 0) * memoryPercent) / 100;
    if (templateRules.estimatedBytes > maxBytes) return;
    const evicted = chooseEvicted(listUses(), maxBytes, templateRules.estimatedBytes);
    await endAll(evicted.map(({ slot }) => slot));
    const slotId = randomUUID();
    const volume = slotVolume(installationId, slotId);
    const [surroundings, localData] = await Promise.all([
      readSurroundings(connection, scope),
      makeLocalData(connection.engine, { ...scope.localData, installationId }),
    ]);
    // Nothing that can fail comes between the volume and `startSlot`, which removes it.
    await makeVolume(connection.engine, volume, labelsOf(installationId, 'slot', { [labels.slot]: slotId }));
    const volumes = { attempt: volume, environment: scope.environment.path, localData };
    const container = await startSlot(connection.engine, {
      plan: planSlot(slotId, scope, { ...surroundings, volumes }),
      ...planSlotFiles(scope, surroundings.machine),
      volume,
    });
    const nowMs = Date.now();
    const lastUsedAtMs = demand.readLastStart(name) ?? nowMs;
    // Packages of the environment could report less than they take.
    const memoryBytes = Math.max(container.memoryBytes, templateRules.estimatedBytes);
    const slot = { scope, container, surroundings, startedAtMs: nowMs, lastUsedAtMs, memoryBytes };
    demand.noteSuccess();
    waiting.set(name, slot);
    void container.ended.then(() => end(slot));
    if (isClosed) await end(slot);
  }

  async function readSurroundings(
    connection: EngineConnection,
    { environment }: SlotScope,
  ): Promise<SlotSurroundings> {
    const [{ python }, network] = await Promise.all([
      requireEnvironment(connection.engine, environment),
      backend.requireNetwork(connection, 'runs'),
    ]);
    const image = await connection.images.require(python);
    const machine = await connection.closeMachine(backend.describeHost(connection, image.id), network);
    return { image: image.id, network: network.name, engineCpus: connection.details.cpus, machine };
  }

  function forget(slot: WaitingSlot): boolean {
    const name = nameScope(slot.scope);
    return waiting.get(name) === slot && waiting.delete(name);
  }

  /** Does nothing to a slot that has an attempt. What cannot be removed now is found by its labels. */
  async function end(slot: WaitingSlot): Promise<void> {
    if (forget(slot)) await slot.container.remove().catch(() => undefined);
  }

  async function endAll(some: readonly WaitingSlot[]): Promise<void> {
    await Promise.all(some.map(end));
  }

  const listUses = () => [...waiting.values()].map((slot) => ({ ...describeUse(slot), slot }));

  /** Takes the slot of a scope: it serves no other attempt from here on, whatever becomes of this one. */
  function take(scope: SlotScope): WaitingSlot | null {
    const name = nameScope(scope);
    const isDeserved = demand.noteStart(name, Date.now());
    const slot = waiting.get(name) ?? null;
    if (slot !== null) forget(slot);
    if (slot !== null || isDeserved) wanted.set(name, scope);
    prepareWhenQuiet();
    return slot;
  }

  async function handOver(slot: WaitingSlot, spec: AttemptSpec): Promise<boolean> {
    const { engine } = await backend.connect();
    const { attemptId } = spec;
    await faultPoints.reach('before-slot-assignment');
    // The name is the lock between servers. By name and volume, any server finds the attempt from here on.
    await Promise.all([
      slot.container.rename(attemptId),
      makeAttemptVolume(engine, spec, attemptVolume(installationId, attemptId)),
    ]);
    await faultPoints.reach('in-slot-assignment');
    return slot.container.assign(describeStart(spec, slot.surroundings.machine));
  }

  return {
    async assign(spec) {
      const scope = memoryPercent === 0 ? null : readScope(spec);
      const slot = scope && take(scope);
      if (slot === null) return false;
      const isAssigned = await handOver(slot, spec).catch(() => false);
      if (!isAssigned) await slot.container.remove();
      else runs.set(nameScope(slot.scope), (runs.get(nameScope(slot.scope)) ?? 0) + 1);
      return isAssigned;
    },

    async review() {
      const nowMs = Date.now();
      const connection = await backend.connect();
      for (const [name, slot] of waiting) {
        const current = await readSurroundings(connection, slot.scope).catch(() => slot.surroundings);
        const isCurrent = isDeepStrictEqual(current, slot.surroundings);
        if (isCurrent && !isWornOut(describeUse(slot), nowMs, '')) continue;
        await end(slot);
        // One that is only old is replaced.
        if (nowMs - slot.lastUsedAtMs < templateRules.maxIdleMs) wanted.set(name, slot.scope);
      }
      prepareWhenQuiet();
    },

    list: (): TemplateStatus[] =>
      [...waiting].map(([name, { scope, ...slot }]) => ({
        workspaceId: scope.localData.workspaceId,
        profile: scope.localData.profile,
        environment: scope.environment.path,
        startedAt: new Date(slot.startedAtMs),
        lastUsedAt: new Date(slot.lastUsedAtMs),
        runs: runs.get(name) ?? 0,
        memoryBytes: slot.memoryBytes,
      })),

    describeProblem: demand.describeProblem,

    async forgetEnvironment(environment) {
      await endAll([...waiting.values()].filter(({ scope }) => scope.environment.path === environment));
    },

    async close() {
      isClosed = true;
      if (quiet !== null) clearTimeout(quiet);
      await preparing;
      await endAll([...waiting.values()]);
    },
  };
}

/** A slot never serves a second run, and its surroundings are compared in full. */
function describeUse({ startedAtMs, lastUsedAtMs, memoryBytes }: WaitingSlot): TemplateUse {
  return { startedAtMs, lastUsedAtMs, memoryBytes, runs: 0, signature: '' };
}
