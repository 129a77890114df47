import { setTimeout as sleep } from 'node:timers/promises';
import { openLiveHints } from '../live/live-hints.ts';
import type { Session } from '../session/session.ts';
import { readStatus, type WorkspaceStatus } from './read-status.ts';
import { formatScreen } from './status-screen.ts';
import { formatJson, removeControls } from '../terminal/plain-text.ts';

/** Rows of an output that is not a terminal. */
const unlimitedHeight = 60;
/** Many changes in a moment are shown together. */
const minPauseMs = 500;
/** How often ages are shown anew while nothing changes. */
const redrawMs = 5000;

/** Shows what runs, what failed and what is next, once or until Ctrl-C. */
export async function showStatus(session: Session, { watch = false }: { watch?: boolean }): Promise<void> {
  if (watch) return watchStatus(session);
  const status = await readStatus(session);
  session.show(status, () => formatNow(session, status));
  const [failed] = status.failed;
  if (failed) session.terminal.note('\nWhy a run failed: pumphouse run info JOB');
}

function formatNow({ terminal }: Session, status: WorkspaceStatus): string {
  return formatScreen(terminal, status, {
    height: process.stdout.rows ?? unlimitedHeight,
    nowMs: Date.now(),
  });
}

/** Shows the status anew with each live event, until Ctrl-C. */
async function watchStatus(session: Session): Promise<void> {
  const interrupt = new AbortController();
  const { signal } = interrupt;
  const onInterrupt = () => interrupt.abort();
  process.once('SIGINT', onInterrupt);
  const screen = openScreen(session);
  let status: WorkspaceStatus | undefined;
  const draw = () => status && screen.draw(status);
  const timer = setInterval(draw, redrawMs);
  process.stdout.on('resize', draw);
  try {
    const hints = openLiveHints(session, { workspaceId: await session.workspaceId(), signal });
    for (;;) {
      await hints.next();
      status = await readStatus(session);
      draw();
      await sleep(minPauseMs, undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    interrupt.abort();
    clearInterval(timer);
    process.stdout.off('resize', draw);
    process.off('SIGINT', onInterrupt);
    screen.close();
  }
}

interface Screen {
  draw(status: WorkspaceStatus): void;
  close(): void;
}

/** On a terminal, a screen of its own that leaves no trace; elsewhere, each changed status follows the last. */
function openScreen(session: Session): Screen {
  const { stdout } = process;
  if (!stdout.isTTY || session.isJson) return openFeed(session);
  stdout.write('\u001B[?1049h\u001B[?25l');
  return {
    draw(status) {
      const screen = removeControls(formatNow(session, status), { isColoured: true });
      stdout.write(`\u001B[H\u001B[2J${screen}`);
    },
    close: () => void stdout.write('\u001B[?25h\u001B[?1049l'),
  };
}

function openFeed(session: Session): Screen {
  let last = '';
  return {
    draw(status) {
      const data = formatJson(status);
      if (data === last) return;
      last = data;
      session.terminal.print(session.isJson ? data : `${formatNow(session, status)}\n`);
    },
    close: () => undefined,
  };
}
