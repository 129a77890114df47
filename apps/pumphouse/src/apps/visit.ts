import { openBrowser } from '../terminal/open-browser.ts';
import type { Session } from '../session/session.ts';

/**
 * Opens an address in the browser if the command runs on a terminal, or `BROWSER` is set. The address that is
 * opened may contain a code that signs in, so only `shown` is printed.
 */
export async function visit(
  { terminal, isJson }: Session,
  shown: string,
  readAddress: () => Promise<string>,
): Promise<void> {
  if (isJson || !(terminal.isInteractive || terminal.env['BROWSER'])) return;
  if (await openBrowser(await readAddress(), terminal.env)) return;
  terminal.note(`No browser could be opened. Visit ${shown}`);
}
