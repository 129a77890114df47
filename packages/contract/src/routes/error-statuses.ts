import type { ErrorStatus } from '../route.ts';

/** What reading one thing, or a list below one thing, can answer. */
export const readErrors = [400, 401, 403, 404, 500] as const satisfies ErrorStatus[];

/** What changing something can answer. */
export const changeErrors = [400, 401, 403, 404, 409, 500] as const satisfies ErrorStatus[];

/** What a data plane operation can answer that finds an empty list, or nothing to refuse, instead of a 404. */
export const dataplaneErrors = [400, 401, 403, 500] as const satisfies ErrorStatus[];
