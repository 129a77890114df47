import type { FastifyRequest } from 'fastify';

/** The parameters of a route's path by name, decoded; `*` is the rest of the path. */
export type PathParams = Readonly<Record<string, string | undefined>>;

/** Returns the path parameters of a request. */
export function pathParamsOf({ params }: Pick<FastifyRequest, 'params'>): PathParams {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- fastify's router gives texts, its types say unknown
  return params as PathParams;
}
