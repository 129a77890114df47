/** Every command of users on a terminal of 80 columns. */
import { describeWalk, openWalkSite } from './walk-tests.ts';

describeWalk(openWalkSite(), 'terminal');
