import type { Terminal } from './terminal.ts';

/** Warns that a secret was given as an argument. Nothing is refused: CI systems have no history and no other users. */
export function warnOfTypedSecret(terminal: Terminal, instead: string): void {
  terminal.alert(
    'Warning: shells keep the commands that you type in a history, and other users of the machine may see them. ' +
      instead,
  );
}
