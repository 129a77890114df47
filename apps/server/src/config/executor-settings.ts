/** Reads how this machine executes attempts; only `config.ts` uses this module. */
import { z } from 'zod';
import type { InstanceSizes } from '../domain/attempts/instance-sizes.ts';
import {
  defaultInstanceSizes,
  InstanceSizesSyntaxError,
  parseInstanceSizes,
} from '../domain/attempts/instance-sizes.ts';
import { ConfigError } from './config-error.ts';
import { cloudNetworks } from '../platform/special-networks.ts';
import { settingDetails } from './setting-details.ts';

export const executorSettings = {
  PUMPHOUSE_EXECUTOR: z
    .enum(['auto', 'process', 'docker', 'kubernetes'])
    .default('auto')
    .register(settingDetails, {
      key: 'runs.executor',
      description:
        'Executor of attempts; `auto` is decided at the first start and stays: `docker` if an engine answers, else `process`. `kubernetes` only if set',
    }),
  PUMPHOUSE_RUNS_LOOPBACK_PORTS: z
    .string()
    .regex(/^\d{1,5}(,\d{1,5})*$/, 'must be ports separated by commas, such as 5432,8123')
    .optional()
    .register(settingDetails, {
      key: 'runs.loopback_ports',
      example: '5432,8123',
      description:
        'Ports of the machine that runs and builds can reach, such as `5432` for a database: processes at `localhost`, on its loopback; containers at its addresses',
      form: 'numbers',
    }),
  PUMPHOUSE_RUNS_CLOUD_METADATA: z.enum(['open', 'closed']).default('closed').register(settingDetails, {
    key: 'runs.cloud_metadata',
    description:
      'Whether runs, builds and apps reach the metadata service of a cloud (`169.254.169.254`), which gives them the role of the machine. Not for pods, whose network policies decide',
  }),
  PUMPHOUSE_TEMPLATES_MEMORY_PERCENT: z.coerce
    .number()
    .int()
    .min(0)
    .max(80)
    .default(20)
    .register(settingDetails, {
      key: 'runs.templates_memory_percent',
      description:
        'Processes: percentage of the memory of the machine for templates, from which runs are forked; 0 starts every run in an interpreter of its own',
    }),
  PUMPHOUSE_SLOTS_MEMORY_PERCENT: z.coerce
    .number()
    .int()
    .min(0)
    .max(80)
    .default(20)
    .register(settingDetails, {
      key: 'runs.slots_memory_percent',
      description:
        "Containers: percentage of the memory of the engine's machine for containers that wait for a run; 0 starts a container for every run",
    }),
  PUMPHOUSE_ALLOW_UNISOLATED: z.enum(['0', '1']).default('0').register(settingDetails, {
    key: 'runs.allow_unisolated',
    description: 'Whether attempts run without a sandbox if bubblewrap does not work',
  }),
  PUMPHOUSE_INSTANCE_SIZES: z.string().default(defaultInstanceSizes).register(settingDetails, {
    key: 'runs.instance_sizes',
    description:
      'Limits of a run by instance size, as `<size>=<cores>/<MiB of memory>/<processes>`, or with `/<MiB of disk>` behind it; `-`: no limit',
    form: 'spaced-pairs',
  }),
  PUMPHOUSE_UV: z.string().optional().register(settingDetails, {
    key: 'tools.uv',
    description: 'Path of uv, if it is neither in .tools nor in PATH',
    default: 'found',
  }),
  PUMPHOUSE_BWRAP: z.string().optional().register(settingDetails, {
    key: 'tools.bwrap',
    description: 'Path of bubblewrap, if it is neither in .tools nor in PATH',
    default: 'found',
  }),
  PUMPHOUSE_PASTA: z.string().optional().register(settingDetails, {
    key: 'tools.pasta',
    description: 'Path of pasta (package passt), which creates the networks of runs, if it is not in PATH',
    default: 'found',
  }),
  PUMPHOUSE_PYTHON_DOWNLOADS: z.enum(['off', 'on']).default('off').register(settingDetails, {
    key: 'runs.python_downloads',
    description:
      'Processes: whether the server installs a Python that a run needs and the machine lacks, with uv, from GitHub or what `UV_PYTHON_INSTALL_MIRROR` or `UV_PYTHON_DOWNLOADS_JSON_URL` names',
  }),
  PUMPHOUSE_PYTHON: z.string().optional().register(settingDetails, {
    key: 'tools.python',
    description: 'Python 3.10 or newer for the bootstrap, if python3 in PATH is older',
    default: 'found',
  }),
} as const;

type Values = z.output<z.ZodObject<typeof executorSettings>>;

export interface ExecutorConfig {
  executor: Values['PUMPHOUSE_EXECUTOR'];
  /** Share of the machine's memory for templates. */
  templatesMemoryPercent: number;
  /** Share of the engine's memory for containers that wait for a run. */
  slotsMemoryPercent: number;
  /** Loopback ports of the machine that runs as processes can reach. */
  runsLoopbackPorts: number[];
  /** Networks that runs do not reach, whatever else is open. */
  runsClosedNetworks: readonly string[];
  allowUnisolated: boolean;
  instanceSizes: InstanceSizes;
  /** The variables with which uv downloads a Python; null if it may not. */
  pythonDownloads: Readonly<Record<string, string>> | null;
  /** For finding uv, bubblewrap, Python and the interpreters of environments. */
  toolVariables: Record<string, string | undefined>;
}

/**
 * @param env the environment of the server
 * @throws ConfigError
 */
export function readExecutorConfig(values: Values, env: NodeJS.ProcessEnv): ExecutorConfig {
  return {
    executor: values.PUMPHOUSE_EXECUTOR,
    templatesMemoryPercent: values.PUMPHOUSE_TEMPLATES_MEMORY_PERCENT,
    slotsMemoryPercent: values.PUMPHOUSE_SLOTS_MEMORY_PERCENT,
    runsLoopbackPorts: readPorts(values.PUMPHOUSE_RUNS_LOOPBACK_PORTS),
    runsClosedNetworks: values.PUMPHOUSE_RUNS_CLOUD_METADATA === 'open' ? [] : cloudNetworks,
    allowUnisolated: values.PUMPHOUSE_ALLOW_UNISOLATED === '1',
    instanceSizes: readInstanceSizes(values.PUMPHOUSE_INSTANCE_SIZES),
    pythonDownloads: values.PUMPHOUSE_PYTHON_DOWNLOADS === 'on' ? pickDownloadVariables(env) : null,
    toolVariables: {
      PATH: env['PATH'],
      PUMPHOUSE_UV: values.PUMPHOUSE_UV,
      PUMPHOUSE_BWRAP: values.PUMPHOUSE_BWRAP,
      PUMPHOUSE_PASTA: values.PUMPHOUSE_PASTA,
      PUMPHOUSE_PYTHON: values.PUMPHOUSE_PYTHON,
    },
  };
}

const downloadVariables =
  /^(UV_PYTHON_INSTALL_MIRROR|UV_PYTHON_DOWNLOADS_JSON_URL|SSL_CERT_(FILE|DIR)|(HTTPS?|ALL|NO)_PROXY)$/i;

function pickDownloadVariables(env: NodeJS.ProcessEnv): Record<string, string> {
  const set = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return Object.fromEntries(set.filter(([name = '']) => downloadVariables.test(name)));
}

function readPorts(text: string | undefined): number[] {
  const ports = (text ?? '').split(',').filter(Boolean).map(Number);
  const wrong = ports.find((port) => port < 1 || port > 65_535);
  if (wrong !== undefined)
    throw new ConfigError(`PUMPHOUSE_RUNS_LOOPBACK_PORTS: ${wrong} is no port: ports are 1 to 65535.`);
  return ports;
}

function readInstanceSizes(text: string): InstanceSizes {
  try {
    return parseInstanceSizes(text);
  } catch (error) {
    if (!(error instanceof InstanceSizesSyntaxError)) throw error;
    throw new ConfigError(`PUMPHOUSE_INSTANCE_SIZES: ${error.message}`);
  }
}
