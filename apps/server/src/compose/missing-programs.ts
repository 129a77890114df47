/**
 * Programs that a server without a container engine lacks on this machine, determined without starting it.
 */
import type { Config } from '../config/config.ts';
import { adviseInstall } from '../executors/process/install-advice.ts';
import { findTool } from '../executors/process/tool-lookup.ts';
import { toolsFolder } from './create-executor.ts';

/** @returns a sentence for each missing program: what needs it, and how to install it */
export function listMissingPrograms({ toolVariables }: Pick<Config, 'toolVariables'>): string[] {
  const isMissing = (name: Parameters<typeof findTool>[0]) =>
    findTool(name, { env: toolVariables, toolsDir: toolsFolder }) === null;
  return [
    ...(isMissing('python3')
      ? [`python3 is missing, which every run needs. ${adviseInstall('python')}`]
      : []),
    ...(isMissing('uv') ? ['uv is missing, which builds the environments of runs. Run: npm run setup'] : []),
    ...(isMissing('bwrap')
      ? [
          `bubblewrap is missing, which isolates runs without a container engine. ${adviseInstall('bubblewrap')}`,
        ]
      : []),
    ...(isMissing('pasta')
      ? [
          `pasta is missing, which gives each run without a container engine a network of its own. ${adviseInstall('passt')}`,
        ]
      : []),
  ];
}
