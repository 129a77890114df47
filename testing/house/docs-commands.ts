import { buildOperatorProgram } from '@pumphouse/cli/src/operator-commands.ts';
import { buildProgram } from 'pumphouse-command/program/build-program.ts';

type Command = ReturnType<typeof buildProgram>;

const userProgram = buildProgram({ owner: process, setExitCode: () => undefined });
const operatorProgram = buildOperatorProgram();
const operatorNames = new Set(
  operatorProgram.commands.map((command) => command.name()).filter((name) => name !== 'worker'),
);

/** The code of the shell blocks of a page. */
export function listShellBlocks(markdown: string): string[] {
  return [...markdown.matchAll(/^( *)```(?:sh|bash|shell)\n([^]*?)^\1```$/gm)].map(([, , code = '']) => code);
}

/** The arguments of each `pumphouse` command in shell code, without variables, comments and redirections. */
export function listPumphouseCalls(code: string): string[][] {
  const lines = code.replaceAll('\\\n', ' ').split('\n');
  return lines
    .flatMap((line) => splitCommands(line))
    .flatMap((command) => {
      const words = splitTokens(command);
      const at = words.findIndex((word, index) => word.endsWith('bin/pumphouse') || isFirst(words, index));
      return at < 0 ? [] : [words.slice(at + 1)];
    });
}

/** `pumphouse` is a command at the start, behind variables or npx; elsewhere it is a name. */
function isFirst(words: readonly string[], index: number): boolean {
  const before = words.slice(0, index);
  return words[index] === 'pumphouse' && before.every((word) => /^(?:[A-Z_]+=.*|npx|--yes)$/.test(word));
}

function splitCommands(line: string): string[] {
  return quotedParts(line)
    .replace(/(?:^|\s)#.*$/, '')
    .split(/\s*(?:\|\|?|&&|;)\s*/);
}

/** Replaces what quotes contain, so that it is one word without special characters. */
function quotedParts(line: string): string {
  return line.replaceAll(/'[^']*'|"[^"]*"/g, 'quoted');
}

function splitTokens(command: string): string[] {
  const words = command
    .replaceAll(/[<>]\s*\S+/g, '')
    .replaceAll(/[[\]()]/g, '')
    .trim()
    .split(/\s+/);
  return words.filter((word) => word !== '' && word !== '...');
}

/** Returns what is wrong with the arguments of a `pumphouse` command by its declaration; null if nothing is. */
export function findProblem(words: readonly string[]): string | null {
  const runsWorker = words[0] === 'worker' && (words[1] === undefined || words[1].startsWith('-'));
  const program: Command = runsWorker || operatorNames.has(words[0] ?? '') ? operatorProgram : userProgram;
  let command = program;
  let index = 0;
  while (command.commands.length > 0 && words[index] !== undefined && !words[index]?.startsWith('-')) {
    const next = command.commands.find((each) =>
      [each.name(), ...each.aliases()].includes(words[index] ?? ''),
    );
    if (!next) return command.registeredArguments.length > 0 ? null : `no command "${words[index]}"`;
    command = next;
    index += 1;
  }
  const options = [...program.options, ...command.options];
  const isDeclared = (flag: string) =>
    ['--help', '-h'].includes(flag) || options.some(({ long, short }) => long === flag || short === flag);
  const unknown = words
    .slice(index)
    .filter((word) => /^--?[a-z]/.test(word))
    .map((word) => word.split('=', 1)[0] ?? '')
    .find((flag) => !isDeclared(flag));
  if (unknown !== undefined) return `no option ${unknown}`;
  const needsArgument = command.registeredArguments.some(({ required }) => required);
  return needsArgument && index >= words.length ? 'an argument is missing' : null;
}
