import { describeOlderReleases } from './older-release-walk.ts';

// Between those of the slow lane, so that CI has the oldest release and the last one without `-f`.
describeOlderReleases(['0.24.1', '0.21.2']);
