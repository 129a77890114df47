/** Starts templates for what runs often, hands their folders to attempts, and ends them. */
import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import type { TemplateStatus, TemplateStore } from '../../contract/template-store.ts';
import { createTemplateDemand } from '../../template-demand.ts';
import { createGroup, removeEmptyGroup } from '../control-groups.ts';
import { readHostLayout } from '../host-layout.ts';
import type { NetworkPlan } from '../isolated-network.ts';
import { decideRunUser, type Isolation } from '../isolation.ts';
import type { ProcessBackend } from '../process-backend.ts';
import type { PythonInterpreter } from '../python-interpreter.ts';
import { readBootId, readOwnProcess } from '../../../platform/process-identity.ts';
import { startKeeper, type KeeperProcess } from './keeper-process.ts';
import { readMachineSignature } from './machine-signature.ts';
import { createTemplateFolder, type TemplateOwner } from './template-folder.ts';
import { planTemplate } from './template-plan.ts';
import { chooseEvicted, isWornOut, templateRules, type TemplateUse } from '../../template-policy.ts';

/** What a template is for. The trust between its runs ends at the workspace and profile. */
export interface TemplateKey {
  workspaceId: string;
  profile: string;
  environment: string;
  uid: number;
}

/** How runs with a key start, beyond the key itself. */
export interface TemplateContext {
  isolation: Extract<Isolation, { kind: 'sandbox' }>;
  interpreter: Omit<PythonInterpreter, 'version'>;
  network: NetworkPlan;
}

export interface TemplateSettings {
  /** Memory of all templates together; 0 means none. */
  maxBytes: number;
}

export interface Templates extends TemplateStore {
  /** Notes a start, and returns the folder of a template that can serve it; null for a cold start. */
  take(key: TemplateKey, context: TemplateContext): string | null;
  /** Ends the templates of an environment that goes away. */
  forgetEnvironment(environment: string): Promise<void>;
}

interface RunningTemplate extends TemplateUse {
  key: TemplateKey;
  folder: string;
  keeper: KeeperProcess;
}

/** A template forks and reaps; its runs are moved to the groups of their attempts. */
const GROUP_PROCESSES = 256;

export function createTemplates(backend: ProcessBackend, settings: TemplateSettings): Templates {
  const { dataDir, bootstrapDir, pythonPath, controlGroups, log } = backend;
  const demand = createTemplateDemand();
  const starting = new Map<string, Promise<void>>();
  const running = new Map<string, RunningTemplate>();
  /** Groups of ended templates whose runs go on. */
  const occupied = new Set<string[]>();
  let isClosed = false;

  async function start(key: TemplateKey, context: TemplateContext): Promise<void> {
    const name = randomUUID();
    const user = decideRunUser(context.isolation, key.uid);
    const limits = { memoryBytes: settings.maxBytes, cpus: null, processes: GROUP_PROCESSES };
    const group = controlGroups.plan({ kind: 'template', template: name }, limits);
    const remove = async (folder: string | null): Promise<void> => {
      if (folder !== null) await rm(folder, { recursive: true, force: true });
      // Runs that have not ended keep the sandbox, and with it the group.
      const isRemoved = await removeEmptyGroup(group.folders).catch(() => false);
      if (!isRemoved) occupied.add(group.folders);
    };
    let folder: string | null = null;
    try {
      const uid = user?.uid ?? process.getuid?.() ?? 0;
      const gid = user?.gid ?? process.getgid?.() ?? 0;
      folder = await createTemplateFolder(dataDir, name, { owner: readOwner(), uid, gid });
      await createGroup(group);
      const machine = { dataDir, bootstrapDir, isolation: context.isolation, host: readHostLayout() };
      const { environment } = key;
      const spec = { ...context, environment, user, joinFiles: group.joinFiles };
      const signature = readMachineSignature([context.interpreter.executable]);
      const template: Omit<RunningTemplate, 'keeper'> = {
        key,
        folder,
        startedAtMs: Date.now(),
        lastUsedAtMs: Date.now(),
        runs: 0,
        memoryBytes: templateRules.estimatedBytes,
        signature,
      };
      const onHandedOut = (runs: number): void => void (template.runs = runs);
      const plan = planTemplate(machine, folder, spec);
      const keeper = await startKeeper({ pythonPath, bootstrapDir, plan, onHandedOut });
      const complete = Object.assign(template, { keeper });
      await measure(complete);
      demand.noteSuccess();
      adopt(complete, remove);
    } catch (error) {
      await remove(folder);
      throw error;
    }
  }

  /** Removes the groups of ended templates whose last run has ended meanwhile. */
  async function removeEmptied(): Promise<void> {
    for (const folders of occupied)
      if (await removeEmptyGroup(folders, 1).catch(() => false)) occupied.delete(folders);
  }

  function adopt(template: RunningTemplate, remove: (folder: string) => Promise<void>): void {
    const name = nameKey(template.key);
    running.set(name, template);
    void cleanUpAfter(template, remove);
    if (isClosed) end(template);
  }

  async function cleanUpAfter(
    template: RunningTemplate,
    remove: (folder: string) => Promise<void>,
  ): Promise<void> {
    await template.keeper.ended;
    const name = nameKey(template.key);
    if (running.get(name) === template) running.delete(name);
    await remove(template.folder).catch((error: unknown) => {
      log.warn({ err: error, folder: template.folder }, 'A template was not removed completely');
    });
  }

  function startInBackground(key: TemplateKey, context: TemplateContext): void {
    const name = nameKey(key);
    if (isClosed || starting.has(name) || demand.hasFailed(name)) return;
    if (templateRules.estimatedBytes > settings.maxBytes) return;
    for (const other of chooseEvicted([...running.values()], settings.maxBytes, templateRules.estimatedBytes))
      end(other);
    const promise = start(key, context)
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        demand.noteFailure(name, reason);
        const { workspaceId, profile } = key;
        log.warn({ workspaceId, profile, reason }, 'Runs start cold: no template could be started');
      })
      .finally(() => starting.delete(name));
    starting.set(name, promise);
  }

  /** Its runs go on; no attempt finds it any more. */
  function end(template: RunningTemplate): void {
    const name = nameKey(template.key);
    if (running.get(name) === template) running.delete(name);
    template.keeper.end();
  }

  async function endAll(templates: RunningTemplate[]): Promise<void> {
    for (const template of templates) end(template);
    await Promise.all(templates.map(({ keeper }) => keeper.ended));
  }

  return {
    take(key, context) {
      const name = nameKey(key);
      const nowMs = Date.now();
      const isDeserved = demand.noteStart(name, nowMs);
      const template = running.get(name);
      if (template !== undefined) {
        const signature = readMachineSignature([context.interpreter.executable]);
        if (!isWornOut(template, nowMs, signature)) {
          template.lastUsedAtMs = nowMs;
          return template.folder;
        }
        end(template);
      }
      if (isDeserved) startInBackground(key, context);
      return null;
    },

    async review() {
      await removeEmptied();
      const nowMs = Date.now();
      for (const template of running.values()) {
        if (isWornOut(template, nowMs, template.signature)) end(template);
        else await measure(template);
      }
      for (const template of chooseEvicted([...running.values()], settings.maxBytes)) end(template);
    },

    list: () => [...running.values()].map(describe),
    describeProblem: demand.describeProblem,

    async forgetEnvironment(environment) {
      await endAll([...running.values()].filter(({ key }) => key.environment === environment));
    },

    async close() {
      isClosed = true;
      await Promise.all(starting.values());
      await endAll([...running.values()]);
    },
  };
}

function readOwner(): TemplateOwner {
  const { pid, startTime } = readOwnProcess();
  return { pid, startTime, bootId: readBootId() };
}

function nameKey({ workspaceId, profile, environment, uid }: TemplateKey): string {
  return [workspaceId, profile, environment, uid].join('\0');
}

function describe({ key, ...template }: RunningTemplate): TemplateStatus {
  return {
    workspaceId: key.workspaceId,
    profile: key.profile,
    environment: key.environment,
    startedAt: new Date(template.startedAtMs),
    lastUsedAt: new Date(template.lastUsedAtMs),
    runs: template.runs,
    memoryBytes: template.memoryBytes,
  };
}

/** The share of memory that only this template uses, or that it shares with its runs in equal parts. */
async function measure(template: RunningTemplate): Promise<void> {
  const text = await readFile(`/proc/${template.keeper.templatePid}/smaps_rollup`, 'utf8').catch(() => '');
  const kilobytes = Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0);
  if (kilobytes > 0) template.memoryBytes = kilobytes * 1024;
}
