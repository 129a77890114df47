import { describeConformance } from '../conformance/conformance.ts';
import { createFakeHarness } from '../fake/testing/fake-harness.ts';
import { createRemoteHarness } from './testing/remote-harness.ts';

describeConformance('fake on a worker', async () => createRemoteHarness(await createFakeHarness()));
