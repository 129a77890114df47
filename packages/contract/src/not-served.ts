import type { OperationId } from './routes.ts';

const publishing = 'Apps come in a later step, and their public addresses with them.';

/** Operations that the server answers with 501 and code `not_served`, each with the reason it gives. */
export const notServed = [
  { operationId: 'publish_job', reason: publishing },
  { operationId: 'unpublish_job', reason: publishing },
] as const satisfies readonly { operationId: OperationId; reason: string }[];

/** An operation that is answered with 501. */
export type NotServedOperationId = (typeof notServed)[number]['operationId'];

/** An operation that has a handler. */
export type ServedOperationId = Exclude<OperationId, NotServedOperationId>;
