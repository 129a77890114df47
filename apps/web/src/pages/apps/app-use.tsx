import type { AppResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import classes from './apps.module.css';
import { CommandLine } from '../../look/copy-text.tsx';
import { Explanation } from '../../forms/change-form.tsx';
import { Section } from '../../look/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { addressForPrograms, mcpAddress, writeMcpSnippet } from './mcp-snippet.ts';

/** How people and programs get to the app. */
export function AppUse({ app }: { app: AppResponse }) {
  return (
    <Section title="How it is used">
      {app.interface === 'mcp' ? <McpUse app={app} /> : <WebUse app={app} />}
    </Section>
  );
}

function McpUse({ app }: { app: AppResponse }) {
  return (
    <>
      <Explanation>
        Clients that speak MCP, such as assistants, take this into their configuration. In place of{' '}
        <code>&lt;key&gt;</code> comes a key: <KeyLinks />.
      </Explanation>
      <div className={classes.ways}>
        <CommandLine
          command={writeMcpSnippet(app.job_ref, addressForPrograms(app))}
          what="Configuration of an MCP client"
        />
        <Use title="Where a client does not find that host, this address in its place">
          <CommandLine command={mcpAddress(app.bare_url)} what="Address without a host of its own" />
        </Use>
      </div>
    </>
  );
}

function WebUse({ app }: { app: AppResponse }) {
  return (
    <>
      <Explanation>
        Members of the workspace open it here. Programs send a key along, as{' '}
        <code>Authorization: Bearer &lt;key&gt;</code>: <KeyLinks />.
      </Explanation>
      <div className={classes.ways}>
        <Use title="Its address">
          <CommandLine command={app.url} what="Address" />
        </Use>
        <Use title="For programs that do not find that host">
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
      one of <Link to="/account">your own</Link>, or one{' '}
      <Link to="/w/$workspaceId/settings/keys" params={{ workspaceId }}>
        of the workspace
      </Link>
    </span>
  );
}
