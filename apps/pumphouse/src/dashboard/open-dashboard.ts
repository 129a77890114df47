import { findDashboard, type AppResponse } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import type { Session } from '../session/session.ts';
import { openBrowser } from '../terminal/open-browser.ts';

/** Opens the dashboard of the workspace, signed in; without a browser it prints the address. */
export async function openDashboard(
  session: Session,
  { browser = true }: { browser?: boolean },
): Promise<void> {
  const { client, terminal } = session;
  const params = { workspace_id: await session.workspaceId() };
  const { items } = await client.call('list_apps', { params });
  const dashboard = chooseDashboard(items);
  const opened = await client.call('open_app', { params: { ...params, job_id: dashboard.job_id }, body: {} });
  session.show({ ...opened, app_url: dashboard.url, state: dashboard.state }, () => opened.url);
  const isOpened = browser && terminal.isInteractive && (await openBrowser(opened.url, terminal.env));
  terminal.note(
    isOpened
      ? `Opened ${dashboard.url} in your browser.`
      : `Open the address within ${opened.expires_in} s: it signs you in once.`,
  );
}

/**
 * The dashboard to open.
 * @throws CommandError no_dashboard
 */
export function chooseDashboard<App extends Pick<AppResponse, 'job_ref' | 'category' | 'is_archived'>>(
  apps: readonly App[],
): App {
  const found = findDashboard(apps);
  if (found) return found;
  throw new CommandError('The workspace has no dashboard.', {
    code: 'no_dashboard',
    exitCode: exitCodes.notFound,
    nextStep:
      'Deploy the workspace folder with pumphouse deploy: dlt adds its dashboard to a workspace with jobs.',
  });
}
