import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { eventually } from '../fixtures/eventually.ts';

const patienceSeconds = 900;

export interface TerminalOptions {
  /** Prefix of `bash` that runs it elsewhere or as another user. */
  prefix: readonly string[];
  env: NodeJS.ProcessEnv;
  cwd?: string;
  onOutput?: (text: string) => void;
}

export type PasteTerminal = ReturnType<typeof openTerminal>;

/** An interactive bash on a pseudo-terminal, into which text is pasted like by a user. */
export function openTerminal({ prefix, env, cwd, onOutput }: TerminalOptions) {
  const shell = [...prefix, 'bash', '--noprofile', '--norc', '--noediting', '-i'];
  const child = spawn('script', ['-qefc', shell.map(quote).join(' '), '/dev/null'], {
    // No prompts, so that each output begins a line: bash prints prompts before text that was pasted ahead.
    env: { ...env, PS1: '', PS2: '', VIRTUAL_ENV_DISABLE_PROMPT: '1', SHELL: '/bin/sh' },
    ...(cwd !== undefined && { cwd }),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  let pasteCount = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const plain = stripVTControlCharacters(text).replaceAll('\r', '');
    output += plain;
    onOutput?.(plain);
  });
  // Report failed commands as they happen, so that a failure in the middle of a block is not missed.
  child.stdin.write(`trap 'printf "failed-%s: %s\\n" command "$BASH_COMMAND"' ERR\n`);

  /**
   * Waits until the output since `from` matches.
   * @throws Error with that output when a command failed or the terminal ended
   */
  async function waitFor(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    const found = await eventually(
      `the terminal shows ${pattern.source}`,
      () => {
        const shown = output.slice(from);
        // Check this first: the rest of a block continues after a failed command.
        if (/^failed-command: /m.test(shown)) return 'over';
        return pattern.exec(shown) ?? (child.exitCode !== null && 'over');
      },
      { timeoutSeconds: patienceSeconds },
    );
    if (found === 'over') throw new Error(`A pasted command failed:\n${output.slice(from)}`);
    return found;
  }

  return {
    waitFor,
    output: () => output,

    /**
     * Pastes text and leaves its last command running.
     * @returns the position at which its output begins
     */
    start(text: string): number {
      const from = output.length;
      child.stdin.write(text.endsWith('\n') ? text : `${text}\n`);
      return from;
    },

    /**
     * Pastes text and waits until all its commands have ended.
     * @returns their output
     */
    async paste(text: string): Promise<string> {
      pasteCount += 1;
      // A group, which bash reads before it runs the first command: sudo would take the other lines, as input.
      // With readline, a paste is read at once too.
      const from = this.start(
        `{\n${text.replace(/\n*$/, '\n')}printf 'pasted-%s-%s\\n' ${pasteCount} $?\n}\n`,
      );
      const [, status] = await waitFor(new RegExp(`^pasted-${pasteCount}-(\\d+)$`, 'm'), from);
      // The trap does not see a command that fails in front of `&&`.
      if (status !== '0') throw new Error(`A pasted block failed:\n${output.slice(from)}`);
      return output.slice(from);
    },

    /** Answers a prompt. */
    type: (text: string) => void child.stdin.write(`${text}\n`),

    /** Presses Ctrl-C. */
    interrupt: () => void child.stdin.write('\u0003'),

    /** Presses Ctrl-C and closes the terminal. */
    async close(): Promise<void> {
      if (child.exitCode !== null) return;
      child.stdin.write('\u0003');
      child.stdin.end('\nexit\n');
      await once(child, 'close');
    },
  };
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
