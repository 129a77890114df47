import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError } from '../../errors/command-error.ts';
import { exitCodes } from '../../errors/exit-codes.ts';
import { readStandardInput } from '../../terminal/standard-input.ts';
import { applyFileSchema, type ApplyFile } from './apply-file.ts';
import { checkValue } from './check-value.ts';
import { createFileError } from './file-problem.ts';
import { mergeParts } from './merge-parts.ts';
import { parseYaml } from './parse-yaml.ts';

/**
 * Reads files as one: `-` is standard input, and a folder stands for its .yaml and .yml files.
 * @throws CommandError invalid_apply_file with the position of every mistake, no_apply_file
 */
export async function readFiles(paths: readonly string[]): Promise<ApplyFile> {
  const texts = (await Promise.all(paths.map(readTexts))).flat();
  return parseFiles(texts);
}

/** The pure part of `readFiles`. */
export function parseFiles(texts: readonly { file: string; text: string }[]): ApplyFile {
  const parsed = texts.map(({ file, text }) => parseYaml(text, file));
  const syntax = parsed.flatMap(({ problems }) => problems);
  if (syntax.length > 0) throw createFileError(syntax);
  const merged = mergeParts(parsed.flatMap(({ parts }) => parts));
  if (merged.problems.length > 0) throw createFileError(merged.problems);
  const checked = checkValue(applyFileSchema, merged);
  if ('problems' in checked) throw createFileError(checked.problems);
  return checked.value;
}

async function readTexts(path: string): Promise<{ file: string; text: string }[]> {
  if (path === '-') return [{ file: 'standard input', text: await readStandardInput() }];
  if (!(await stat(path)).isDirectory()) return [{ file: path, text: await readFile(path, 'utf8') }];
  const names = (await readdir(path)).filter((name) => /^[^.].*\.ya?ml$/.test(name)).toSorted();
  if (names.length === 0) {
    throw new CommandError(`${path} has no .yaml files.`, {
      code: 'no_apply_file',
      exitCode: exitCodes.usage,
      nextStep: 'Give a file or a folder with -f. pumphouse export prints an organization as a file.',
    });
  }
  return Promise.all(
    names.map(async (name) => ({ file: join(path, name), text: await readFile(join(path, name), 'utf8') })),
  );
}
