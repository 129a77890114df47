import { listMcpSetups, mcpAddress, type AppResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import classes from './apps.module.css';
import { CommandLine } from '../../look/copy-text.tsx';
import { Explanation } from '../../forms/change-form.tsx';
import { Section } from '../../look/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { addressForPrograms } from './program-address.ts';

/** How people and programs get to the app. */
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
        <Use title="URL for clients that do not resolve the host">
          <CommandLine command={mcpAddress(app.bare_url)} what="URL without a host of its own" />
        </Use>
        {listMcpSetups(app.job_ref, origin).map(({ client, where, text }) => (
          <Use key={client} title={client}>
            <p className="quiet">{where}</p>
            <CommandLine command={text} what={`Setup of ${client}`} />
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
        Members of the workspace open it here. Programs send an API key, as{' '}
        <code>Authorization: Bearer &lt;key&gt;</code>: <KeyLinks />.
      </Explanation>
      <div className={classes.ways}>
        <Use title="URL">
          <CommandLine command={app.url} what="URL" />
        </Use>
        <Use title="If the host does not resolve">
          <CommandLine command={app.bare_url} what="Address without a host of its own" />
        </Use>
      </div>
    </>
  );
}

function Use({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className={classes.way}>
      <h3 className={classes.wayTitle}>{title}</h3>
      {children}
    </div>
  );
}

function KeyLinks() {
  const { id: workspaceId } = useWorkspace();
  return (
    <span className="linked-text">
      <Link to="/account">your own</Link>, or one{' '}
      <Link to="/w/$workspaceId/settings/keys" params={{ workspaceId }}>
        of the workspace
      </Link>
    </span>
  );
}
