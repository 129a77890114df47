import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

export type EngineKind = 'podman' | 'docker';

/** How to call the command of a container engine. */
export interface EngineCommand {
  kind: EngineKind;
  /** The program, and arguments before its own. */
  argv: [string, ...string[]];
  env: NodeJS.ProcessEnv;
}

/** The engine that `podman` or `docker` uses by default. */
export function defaultEngine(kind: EngineKind): EngineCommand {
  return { kind, argv: [kind], env: process.env };
}

/** @returns the command's stdout, trimmed */
export async function callEngine({ argv, env }: EngineCommand, args: string[]): Promise<string> {
  const [program, ...before] = argv;
  const { stdout } = await promisify(execFile)(program, [...before, ...args], { env, maxBuffer: 2 ** 26 });
  return stdout.trim();
}

/** For long-running commands: their output goes to stderr as it arrives. */
export async function watchEngine({ kind, argv, env }: EngineCommand, args: string[]): Promise<void> {
  const [program, ...before] = argv;
  const child = spawn(program, [...before, ...args], {
    env,
    stdio: ['ignore', process.stderr, process.stderr],
  });
  const [code, signal]: unknown[] = await once(child, 'exit');
  if (code !== 0)
    throw new Error(
      `${kind} ${args[0] ?? ''} ended with ${String(signal ?? code)}; its own words are above.`,
    );
}

/** Whether the engine has the image. */
export async function hasImage(engine: EngineCommand, name: string): Promise<boolean> {
  return (await callEngine(engine, ['image', 'ls', '--quiet', name])) !== '';
}
