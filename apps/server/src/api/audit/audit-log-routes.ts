import type { AuditFilter, AuditScope } from '../../store/records.ts';
import type { FastifyReply } from 'fastify';
import type { Handlers } from '../handler.ts';
import type { ReadAuditLog } from '../../services/audit/read-audit-log.ts';
import type { RouteQuery } from '@pumphouse/contract';
import { Readable } from 'node:stream';
import { readPaging, toPage } from '../serializers/pages.ts';
import { readWindow } from '../../services/paging/read-page.ts';
import { toAuditEntry } from './audit-log-serializers.ts';

type Operations =
  | 'list_organization_audit_log'
  | 'export_organization_audit_log'
  | 'list_workspace_audit_log'
  | 'export_workspace_audit_log';

export function createAuditLogHandlers({
  readAuditLog,
}: {
  readAuditLog: ReadAuditLog;
}): Pick<Handlers, Operations> {
  async function list(scope: AuditScope, query: RouteQuery<'list_workspace_audit_log'>) {
    const name = `audit_log ${scope.organizationId ?? ''} ${scope.workspaceId ?? ''}`;
    return toPage(
      await readAuditLog.list(scope, toFilter(query), readPaging(query, name)),
      query,
      toAuditEntry,
    );
  }

  function stream(scope: AuditScope, query: RouteQuery<'export_workspace_audit_log'>, reply: FastifyReply) {
    const pages = readAuditLog.walk(scope, toFilter(query));
    void reply.type('application/x-ndjson');
    return Readable.from(toLines(pages), { objectMode: false });
  }

  return {
    list_organization_audit_log: ({ params, query }) =>
      list({ organizationId: params.organization_id }, query),
    list_workspace_audit_log: ({ params, query }) => list({ workspaceId: params.workspace_id }, query),
    export_organization_audit_log: ({ params, query, reply }) =>
      stream({ organizationId: params.organization_id }, query, reply),
    export_workspace_audit_log: ({ params, query, reply }) =>
      stream({ workspaceId: params.workspace_id }, query, reply),
  };
}

async function* toLines(pages: ReturnType<ReadAuditLog['walk']>): AsyncGenerator<string> {
  for await (const page of pages) {
    yield page.map((entry) => `${JSON.stringify(toAuditEntry(entry))}\n`).join('');
  }
}

function toFilter(query: RouteQuery<'export_workspace_audit_log'>): AuditFilter {
  return {
    actorUserId: query.actor_user_id ?? null,
    actions: query.action ?? null,
    targetKind: query.target_kind ?? null,
    targetId: query.target_id ?? null,
    ...readWindow(query),
  };
}
