/**
 * Does the same as `admin leftovers --remove`, at a time the given minutes later, for a test that kills it.
 */
import { withOrphans } from './later-orphans.ts';

await withOrphans(process.env, Number(process.argv[2]), (orphans) => orphans.remove());
