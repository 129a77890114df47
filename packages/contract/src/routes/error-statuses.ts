import type { ErrorStatus } from '../route.ts';

/** Errors of operations that read one resource, or a list below one. */
export const readErrors = [400, 401, 403, 404, 500] as const satisfies ErrorStatus[];

/** Errors of operations that change something. */
export const changeErrors = [400, 401, 403, 404, 409, 500] as const satisfies ErrorStatus[];

/** Errors of data plane operations that return an empty list instead of a 404. */
export const dataplaneErrors = [400, 401, 403, 500] as const satisfies ErrorStatus[];
