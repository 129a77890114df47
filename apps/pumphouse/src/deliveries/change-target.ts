import { report } from '../session/report.ts';
import type { Session } from '../session/session.ts';
import { askText } from '../terminal/ask.ts';
import { readStandardInput } from '../terminal/standard-input.ts';

/** Options that change an alert channel or an event subscription. Absent ones leave it as it is. */
export interface TargetOptions {
  name?: string;
  enable?: boolean;
  disable?: boolean;
}

/** Returns the part of a request that the options ask for. */
export function readTargetOptions({ name, enable = false, disable = false }: TargetOptions) {
  return {
    ...(name !== undefined && { name }),
    ...(enable && { is_enabled: true }),
    ...(disable && { is_enabled: false }),
  };
}

/** Reads an address or key, which is a secret: not from arguments, which other users of the machine can see. */
export async function readAddress({ terminal }: Session, question: string): Promise<string> {
  const address = terminal.isInteractive
    ? await askText(question, { isSecret: true })
    : await readStandardInput();
  return address.trim();
}

/** Prints the name and state of a changed target. */
export function reportTarget(session: Session, changed: { name: string; is_enabled: boolean }): void {
  report(session, changed, `Changed ${changed.name}: ${changed.is_enabled ? 'enabled' : 'disabled'}.`);
}

/** Prints the signing secret of a created target. Only the secret goes to standard output. */
export function showFirstSecret(session: Session, created: { name: string; signing_secret: string }): void {
  session.terminal.note(`Created ${created.name}. Its signing secret is shown only here.`);
  session.show(created, () => created.signing_secret);
}

/** Prints a signing secret that replaces another one. Only the secret goes to standard output. */
export function showReplacedSecret(
  session: Session,
  replaced: { name: string; signing_secret: string | null },
): void {
  session.terminal.note(`Replaced the signing secret of ${replaced.name}. The new one is shown only here.`);
  session.show(replaced, () => replaced.signing_secret ?? '');
}
