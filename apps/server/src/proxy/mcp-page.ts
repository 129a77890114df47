/** The page that browsers get at the URL of an app for MCP clients. */
import type { AdmittedExchange } from './exchange.ts';
import { listMcpSetups, mcpAddress } from '@pumphouse/contract';
import { html } from '../pages/html.ts';
import { isNavigation } from './exchange.ts';
import { sendPage } from './answers.ts';
import { splitUrl } from './reserved-paths.ts';

/**
 * Whether to show connection instructions in place of the app's response: a user opens its start page or the
 * MCP endpoint, and the app has no page there. Pages of the app are left as they are.
 */
export function isForMcpClients(exchange: AdmittedExchange, status: number): boolean {
  const { app } = exchange;
  const pages = ['/', '/mcp', '/mcp/', app.startPath];
  return (
    app.interface === 'mcp' &&
    status >= 400 &&
    status < 500 &&
    isNavigation(exchange) &&
    pages.includes(splitUrl(exchange.path).path)
  );
}

export function showMcpConnection(exchange: AdmittedExchange): void {
  const { app, origin } = exchange;
  const page = {
    title: `Connect to ${app.name}`,
    body: html`<p>${app.name} is an MCP server. It is running. Connect an MCP client to this URL:</p>
      <p><code>${mcpAddress(origin)}</code></p>
      <p>
        Replace <code>&lt;key&gt;</code> with an API key. Create one in the console, under your account or in
        the settings of the workspace.
      </p>
      ${listMcpSetups(app.name, origin).map(
        ({ client, where, text }) =>
          html`<h2>${client}</h2>
            <p>${where}</p>
            <pre class="log" tabindex="0">${text}</pre>`,
      )}`,
  };
  sendPage(exchange, page, { status: 200 });
}
