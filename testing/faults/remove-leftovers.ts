/**
 * Does the same as `admin leftovers --remove`, at a time the given minutes later, for a test that kills it.
 */
import { withLeftovers } from './later-leftovers.ts';

await withLeftovers(process.env, Number(process.argv[2]), (leftovers) => leftovers.remove());
