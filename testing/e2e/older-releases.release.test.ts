import { describeOlderReleases } from './older-release-walk.ts';

// Between those of the slow lane: CI has the oldest and the newest release.
describeOlderReleases(['0.24.1', '0.23.0', '0.21.2']);
