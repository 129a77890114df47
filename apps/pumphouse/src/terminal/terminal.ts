import { styleText } from 'node:util';
import { removeControls } from './plain-text.ts';

/** A colour or weight of printed text, by its meaning. */
export type Tone = 'good' | 'bad' | 'warning' | 'quiet' | 'strong' | 'accent';

const styles = {
  good: 'green',
  bad: 'red',
  warning: 'yellow',
  quiet: 'dim',
  strong: 'bold',
  accent: 'cyan',
} as const;

/**
 * Where a command reads and writes. Data goes to standard output, everything else to standard error. Whatever is
 * written, only its colours reach the terminal of all that controls it.
 */
export interface Terminal {
  readonly env: NodeJS.ProcessEnv;
  readonly folder: string;
  /** Whether questions may be asked: input and messages are a terminal, and this is not CI. */
  readonly isInteractive: boolean;
  /** Whether messages go to a terminal, so that a line may be redrawn. */
  readonly isLive: boolean;
  /** Columns of the terminal; 80 or more where the output is a file, so that tables stay whole. */
  readonly width: number;
  readonly isQuiet: boolean;
  /** Writes data. */
  print(text: string): void;
  /** Writes a message, unless `--quiet` was given. */
  note(text: string): void;
  /** Writes a message even with `--quiet`. */
  alert(text: string): void;
  /** Redraws the last line of messages, on a terminal only; an empty text removes it. */
  redraw(text: string): void;
  /** Colours text where the output is a terminal and `NO_COLOR` is not set. */
  tone(tone: Tone, text: string): string;
}

interface TerminalOptions {
  isQuiet: boolean;
}

/** The width of tables written to a file. */
const unlimitedWidth = 10_000;

/** Opens the terminal of a process. */
export function openTerminal(owner: NodeJS.Process, { isQuiet }: TerminalOptions): Terminal {
  const { env, stdout, stderr } = owner;
  const isLive = stderr.isTTY && env['TERM'] !== 'dumb';
  const isColoured = chooseColours(env, stdout.isTTY && env['TERM'] !== 'dumb');
  const areMessagesColoured = chooseColours(env, isLive);
  let drawn = '';

  function clearDrawn(): void {
    if (drawn !== '') stderr.write('\r\u001B[2K');
    drawn = '';
  }

  function writeMessage(text: string): void {
    clearDrawn();
    // Text is coloured for standard output; messages may go to a file.
    stderr.write(endLine(removeControls(text, { isColoured: areMessagesColoured })));
  }

  return {
    env,
    folder: owner.cwd(),
    // Opening standard input takes longer than most else of a start.
    get isInteractive() {
      return owner.stdin.isTTY && isLive && !isSet(env['CI']);
    },
    isLive,
    width: stdout.isTTY ? stdout.columns || 80 : unlimitedWidth,
    isQuiet,
    print(text) {
      clearDrawn();
      stdout.write(endLine(removeControls(text, { isColoured })));
    },
    note(text) {
      if (!isQuiet) writeMessage(text);
    },
    alert: writeMessage,
    redraw(text) {
      if (!isLive || isQuiet) return;
      clearDrawn();
      drawn = removeControls(text.replaceAll('\n', ' '), { isColoured: false }).slice(
        0,
        Math.max(1, (stderr.columns || 80) - 1),
      );
      stderr.write(drawn);
    },
    tone: (tone, text) => (isColoured ? styleText(styles[tone], text, { validateStream: false }) : text),
  };
}

/** `NO_COLOR` and `FORCE_COLOR` decide before the terminal does (no-color.org). */
function chooseColours(env: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  if (isSet(env['NO_COLOR'])) return false;
  return isTerminal || isSet(env['FORCE_COLOR']);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== 'false' && value !== '0';
}

function endLine(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
