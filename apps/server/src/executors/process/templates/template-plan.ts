/** What the keeper of a template gets: the sandbox, the network of its runs and its limits. Pure. */
import { basename, join } from 'node:path';
import { COMMON_MODULES } from '../../common-modules.ts';
import type { HostLayout } from '../host-layout.ts';
import type { NetworkPlan } from '../isolated-network.ts';
import { bindInterpreter, type Isolation } from '../isolation.ts';
import type { PythonInterpreter } from '../python-interpreter.ts';
import { buildSandboxArguments, type SandboxBind } from '../sandbox.ts';

export interface TemplateSpec {
  /** The environment's folder. */
  environment: string;
  interpreter: Omit<PythonInterpreter, 'version'>;
  /** The user of the runs; null for the server's own. */
  user: { uid: number; gid: number } | null;
  network: NetworkPlan;
  /** Files of the template's control group; empty without one. */
  joinFiles: string[];
}

export interface TemplateMachine {
  dataDir: string;
  bootstrapDir: string;
  isolation: Extract<Isolation, { kind: 'sandbox' }>;
  host: HostLayout;
}

/** Files in the template's folder that the sandbox shows in place of the machine's. */
export const templateFiles = { passwd: 'passwd', group: 'group', resolver: 'resolv.conf' } as const;

/** JSON for pumphouse_bootstrap/template_keeper. */
export interface KeeperPlan {
  folder: string;
  network: { pasta: string[]; ports: number[] };
  spare_slots: number;
  sandbox: {
    command: string[];
    modules: string[];
    variables: Record<string, string>;
    drop_to: TemplateSpec['user'];
    binds_folder: string;
    sources: string[];
    join_files: string[];
  };
}

/** A folder of every Linux system, in which the keeper shows root's sources to the workspace's user. */
const BINDS_FOLDER = '/run';
const SPARE_SLOTS = 2;

/** @param folder closed folder of the template */
export function planTemplate(machine: TemplateMachine, folder: string, spec: TemplateSpec): KeeperPlan {
  const inside = join('/pumphouse', basename(machine.bootstrapDir));
  const own = [
    bind(spec.environment),
    ...bindInterpreter(spec.interpreter, machine.dataDir),
    bind(machine.bootstrapDir, inside),
    bind(join(folder, templateFiles.passwd), '/etc/passwd'),
    bind(join(folder, templateFiles.group), '/etc/group'),
    bind(join(folder, templateFiles.resolver), '/etc/resolv.conf'),
  ];
  const sources = spec.user === null ? [] : own.map(({ source }) => source);
  const binds = spec.user === null ? own : own.map((one, index) => ({ ...one, source: reachable(index) }));
  return {
    folder,
    network: spec.network,
    spare_slots: SPARE_SLOTS,
    sandbox: {
      command: buildCommand(machine, spec, binds, inside),
      modules: COMMON_MODULES,
      variables: {
        PATH: `${spec.environment}/bin:/usr/local/bin:/usr/bin:/bin`,
        LANG: 'C.UTF-8',
        HOME: '/tmp/home',
        PYTHONUNBUFFERED: '1',
      },
      drop_to: spec.user,
      binds_folder: BINDS_FOLDER,
      sources,
      join_files: spec.joinFiles,
    },
  };
}

function buildCommand(
  { isolation, host }: TemplateMachine,
  { environment }: TemplateSpec,
  binds: SandboxBind[],
  inside: string,
): string[] {
  const sandbox = buildSandboxArguments({
    bwrapPath: isolation.bwrapPath,
    privileges: 'user',
    host,
    network: 'none',
    binds,
    endsWithParent: false,
  });
  const closed = ['--dir', '/work', '--remount-ro', '/dev', '--remount-ro', '/'];
  const python = [`${environment}/bin/python`, '-u', `${inside}/inside/template/__main__.py`];
  return [...sandbox, ...closed, ...python];
}

function bind(source: string, target = source): SandboxBind {
  return { source, target, writable: false };
}

function reachable(index: number): string {
  return `${BINDS_FOLDER}/${index}`;
}
