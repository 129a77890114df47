import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

export type EngineKind = 'podman' | 'docker';

/** How the command of a container engine is called. */
export interface EngineCommand {
  kind: EngineKind;
  /** The program, and what comes before its own arguments. */
  argv: [string, ...string[]];
  env: NodeJS.ProcessEnv;
}

/** The engine that `podman` or `docker` without further words speaks to. */
export function defaultEngine(kind: EngineKind): EngineCommand {
  return { kind, argv: [kind], env: process.env };
}

/** @returns what the command wrote to stdout, without the white space around it */
export async function callEngine({ argv, env }: EngineCommand, args: string[]): Promise<string> {
  const [program, ...before] = argv;
  const { stdout } = await promisify(execFile)(program, [...before, ...args], { env, maxBuffer: 2 ** 26 });
  return stdout.trim();
}

/** For what takes a while: its words go to stderr as they come. */
export async function watchEngine({ kind, argv, env }: EngineCommand, args: string[]): Promise<void> {
  const [program, ...before] = argv;
  const child = spawn(program, [...before, ...args], {
    env,
    stdio: ['ignore', process.stderr, process.stderr],
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (code !== 0)
    throw new Error(`${kind} ${args[0] ?? ''} ended with ${signal ?? code}; its own words are above.`);
}

/** True when the engine has the image. */
export async function hasImage(engine: EngineCommand, name: string): Promise<boolean> {
  return (await callEngine(engine, ['image', 'ls', '--quiet', name])) !== '';
}
