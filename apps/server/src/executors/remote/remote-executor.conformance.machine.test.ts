import { describeConformance } from '../conformance/conformance.ts';
import { createProcessHarness } from '../process/testing/process-harness.ts';
import { createRemoteHarness } from './testing/remote-harness.ts';

describeConformance('process on a worker', async () => createRemoteHarness(await createProcessHarness({})));
