/** Finds the programs that the process executor starts. */
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface ToolLookup {
  /**
   * Variables of the server; PUMPHOUSE_UV, PUMPHOUSE_BWRAP, PUMPHOUSE_PASTA, PUMPHOUSE_PYTHON and PATH are
   * used.
   */
  env: Record<string, string | undefined>;
  /** Folder with tools installed by setup, searched before PATH. */
  toolsDir?: string;
}

export type ToolName = 'uv' | 'bwrap' | 'pasta' | 'python3';

const VARIABLES: Record<ToolName, string> = {
  uv: 'PUMPHOUSE_UV',
  bwrap: 'PUMPHOUSE_BWRAP',
  pasta: 'PUMPHOUSE_PASTA',
  python3: 'PUMPHOUSE_PYTHON',
};

/**
 * Absolute path of a tool: the one named by its variable, else in the tools folder, else the first on PATH,
 * else null. pyenv's shims are skipped: they depend on a shell's settings and are not interpreters.
 * @throws Error when its variable names something that cannot be executed
 */
export function findTool(name: ToolName, { env, toolsDir }: ToolLookup): string | null {
  const configured = env[VARIABLES[name]];
  if (configured !== undefined && configured !== '') {
    if (!isExecutable(configured))
      throw new Error(`${VARIABLES[name]} names ${configured}, which cannot be executed.`);
    return realpathSync(configured);
  }
  const folders = [...(toolsDir === undefined ? [] : [toolsDir]), ...splitSearchPath(env['PATH'] ?? '')];
  return folders.map((folder) => join(folder, name)).find(isExecutable) ?? null;
}

/** Folders of a PATH that can be searched for programs: absolute, and not shims. */
export function splitSearchPath(searchPath: string): string[] {
  return searchPath
    .split(delimiter)
    .filter((folder) => folder.startsWith('/') && !/\/shims\/?$/.test(folder));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
