import { z } from 'zod';
import { namedEnum, openEnum, responseObject, timestamp, uuid } from '../primitives.ts';

export const actorKind = namedEnum('ActorKind', ['person', 'key', 'run', 'operator', 'server', 'nobody']);

const changed = z.record(z.string(), z.unknown()).nullable();

/**
 * One change: who made it, from where, to what. It contains no secret, and nothing a secret could be derived
 * from.
 */
export const auditEntryResponse = responseObject('AuditEntryResponse', {
  id: z.string(),
  at: timestamp,
  organization_id: uuid.nullable(),
  workspace_id: uuid.nullable(),
  actor: responseObject('AuditActor', {
    kind: openEnum(actorKind),
    user_id: uuid.nullable(),
    email: z.string().nullable(),
    key_id: uuid.nullable(),
    address: z.string().nullable(),
    user_agent: z.string().nullable(),
  }),
  /** `<what>.<verb>`, such as `job.archive`. */
  action: z.string(),
  target: responseObject('AuditTarget', {
    kind: z.string(),
    id: z.string().nullable(),
    name: z.string().nullable(),
  }),
  before: changed,
  after: changed,
});
export type AuditEntryResponse = z.output<typeof auditEntryResponse>;
