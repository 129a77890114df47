/**
 * Bytecode that every run of an interpreter loads. Runs see these folders read-only, so a missing file would be
 * compiled again in each run.
 */
import { join } from 'node:path';
import { z } from 'zod';
import type { ExecutorLog } from './process-backend.ts';
import type { PythonInterpreter } from './python-interpreter.ts';
import { runCommand } from './run-command.ts';

const resultSchema = z.object({
  /** Whether the standard library has bytecode now. */
  standardLibrary: z.boolean(),
});

const COMPILE = `
import compileall, importlib.util, json, os, re, sys, sysconfig
inside, library = sys.argv[1], sysconfig.get_path("stdlib")
compileall.compile_dir(inside, quiet=2)
bytecode = importlib.util.cache_from_source(os.path.join(library, "argparse.py"))
if not os.path.exists(bytecode):
    compileall.compile_dir(library, quiet=2, rx=re.compile(r"/(test|tests|idlelib|lib2to3|site-packages|dist-packages)/"))
print(json.dumps({"standardLibrary": os.path.exists(bytecode)}))
`;

/**
 * Compiles the bootstrap's part inside of runs for an interpreter, and the interpreter's standard library if it came
 * without bytecode, as Pythons installed by uv do. Folders that this server cannot write to stay as they are.
 * @returns whether the standard library has bytecode
 * @throws Error when the interpreter fails
 */
async function compileForInterpreter(
  bootstrapDir: string,
  { executable }: Pick<PythonInterpreter, 'executable'>,
): Promise<boolean> {
  const command = ['nice', '-n', '19', executable, '-I', '-S', '-c', COMPILE, join(bootstrapDir, 'inside')];
  const { code, stdout, stderr } = await runCommand(command, { variables: { PATH: '/usr/bin:/bin' } });
  if (code !== 0) throw new Error(`${executable} could not compile modules: ${stderr.join('\n')}`);
  return resultSchema.parse(JSON.parse(stdout.join(''))).standardLibrary;
}

/** Compiles for each interpreter once, in the background. */
export function createInterpreterCompiler(bootstrapDir: string, log: Pick<ExecutorLog, 'warn'>) {
  const begun = new Set<string>();

  async function compile({ executable, prefix }: Omit<PythonInterpreter, 'version'>): Promise<void> {
    try {
      if (await compileForInterpreter(bootstrapDir, { executable })) return;
      const fix = `Run as a user that can write to ${prefix}: ${executable} -m compileall -q ${prefix}/lib`;
      log.warn({ python: executable }, `Each run compiles the standard library of this Python. ${fix}`);
    } catch (error) {
      log.warn({ err: error, python: executable }, 'Modules could not be compiled for this Python');
    }
  }

  return {
    add(interpreter: Omit<PythonInterpreter, 'version'>): void {
      if (begun.has(interpreter.executable)) return;
      begun.add(interpreter.executable);
      void compile(interpreter);
    },
  };
}
