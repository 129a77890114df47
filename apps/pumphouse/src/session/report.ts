import type { Session } from './session.ts';

/** Reports a change: as a message, or with `--json` as the data that the API returned. */
export function report(session: Session, data: unknown, message: string): void {
  if (session.isJson) session.show(data, () => '');
  else session.terminal.note(message);
}
