import { listMcpSetups, mcpAddress, type AppResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import classes from './apps.module.css';
import { CodeText } from '../../ui/code-text.tsx';
import { CommandLine } from '../../ui/copy-text.tsx';
import { Explanation } from '../../forms/change-form.tsx';
import { Section } from '../../ui/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { addressForPrograms } from './program-address.ts';

/** How users and programs connect to the app. */
export function AppUse({ app }: { app: AppResponse }) {
  return (
    <Section title="Connect">{app.interface === 'mcp' ? <McpUse app={app} /> : <WebUse app={app} />}</Section>
  );
}

function McpUse({ app }: { app: AppResponse }) {
  const origin = addressForPrograms(app);
  return (
    <>
      <Explanation>
        This app is an MCP server, for assistants and other MCP clients. Replace <code>&lt;key&gt;</code> with
        an API key: <KeyLinks />.
      </Explanation>
      <div className={classes.ways}>
        <Use title="URL">
          <CommandLine command={mcpAddress(origin)} what="URL" />
        </Use>
        <Use title={describeFallback(origin)}>
          <CommandLine command={mcpAddress(app.bare_url)} what="Alternative URL" />
        </Use>
        {listMcpSetups(app.job_ref, origin).map(({ client, where, text }) => (
          <Use key={client} title={client}>
            <p className="quiet">{where}</p>
            <CommandLine command={text} what={`Configuration of ${client}`} />
          </Use>
        ))}
      </div>
    </>
  );
}

function WebUse({ app }: { app: AppResponse }) {
  return (
    <>
      <Explanation>
        Workspace members can open the app here. Programs send an API key as{' '}
        <code>Authorization: Bearer &lt;key&gt;</code>: <KeyLinks />.
      </Explanation>
      <div className={classes.ways}>
        <Use title="URL">
          <CommandLine command={app.url} what="URL" />
        </Use>
        <Use title={describeFallback(app.url)}>
          <CommandLine command={app.bare_url} what="Alternative URL" />
        </Use>
      </div>
    </>
  );
}

const describeFallback = (url: string) => `If \`${new URL(url).hostname}\` does not resolve`;

function Use({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className={classes.way}>
      <h3 className={classes.wayTitle}>
        <CodeText text={title} />
      </h3>
      {children}
    </div>
  );
}

function KeyLinks() {
  const { id: workspaceId } = useWorkspace();
  return (
    <span className="linked-text">
      <Link to="/account">personal key</Link> or{' '}
      <Link to="/w/$workspaceId/settings/keys" params={{ workspaceId }}>
        workspace key
      </Link>
    </span>
  );
}
