/** Does what `admin leftovers --remove` does, as many minutes later as its argument says: for a test that kills it. */
import { withLeftovers } from './later-leftovers.ts';

await withLeftovers(process.env, Number(process.argv[2]), (leftovers) => leftovers.remove());
