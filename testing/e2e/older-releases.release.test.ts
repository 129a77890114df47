import { describeOlderReleases } from './older-release-walk.ts';

// CI has the newest release: client.test.ts.
describeOlderReleases(['0.24.1', '0.23.0', '0.21.2', '0.20.1']);
