import { describeOlderReleases } from './older-release-walk.ts';

describeOlderReleases(['0.20.1']);
