import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attemptLimits } from '@pumphouse/server/services/attempts/record-spool.ts';
import type { ApiWorkspace } from '../fixtures/api-workspace.ts';
import { findInstalledEngines, startTestEngine, type TestEngine } from '../fixtures/container-engine.ts';
import { createContainerSite, neighbourScript, type ContainerSite } from './container-site.ts';

const gigabyte = 1024 ** 3;
const outputBytes = 5 * gigabyte;
/** The maximum length of a line, including its newline. */
const lineBytes = 64 * 1024;
const lineCount = outputBytes / lineBytes;
/** Allowed growth of the server: it holds pieces of a megabyte, and memory not yet collected. */
const maxGrowthBytes = 300 * 1024 * 1024;

const talker = `
import os
print("begins", flush=True)
line = b"x" * ${lineBytes - 1} + b"\\n"
for _ in range(${lineCount}):
    view = memoryview(line)
    while view:
        view = view[os.write(1, view):]
`;

describe.runIf((await findInstalledEngines()).includes('podman'))(
  'a run with five gigabytes of output',
  () => {
    let engine: TestEngine;
    let site: ContainerSite;
    let workspace: ApiWorkspace;

    beforeAll(async () => {
      engine = await startTestEngine('podman');
      site = await createContainerSite(engine);
      workspace = await site.deployScripts('endless-output', { talker, ...neighbourScript });
      expect(await site.run(workspace, 'neighbour')).toMatchObject({ status: 'completed' });
    });
    afterAll(async () => {
      await site.close();
      await engine.close();
    });

    it('completes, its log says what is missing, other runs complete meanwhile and the server stays small', async () => {
      const before = await readMemory('VmRSS');
      await resetPeakMemory();
      const id = await site.start(workspace, 'talker');
      await workspace.awaitLine(id, 'begins');
      expect(await site.run(workspace, 'neighbour')).toMatchObject({
        status: 'completed',
        output: 'is well',
      });
      expect(await workspace.awaitEnd(id)).toMatchObject({ status: 'completed' });

      const { keptBytes, remarks } = await readLog(id);
      expect(keptBytes).toBeGreaterThan(attemptLimits.logBytes * 0.99);
      expect(keptBytes).toBeLessThanOrEqual(attemptLimits.logBytes);
      expect(remarks[0]).toBe(
        `The log of this attempt has reached its limit of ${attemptLimits.logBytes} bytes. Further output is not stored.`,
      );
      const dropped = /^(\d+) more lines \((\d+) bytes\) came after the log limit/.exec(remarks[1] ?? '');
      expect(Number(dropped?.[2])).toBe(outputBytes + 'begins\n'.length - keptBytes);
      expect((await readMemory('VmHWM')) - before).toBeLessThan(maxGrowthBytes);
      await site.awaitNothingLeft();
    });

    /** Counts the stored bytes including newlines, without holding them here. */
    async function readLog(jobRunId: string): Promise<{ keptBytes: number; remarks: string[] }> {
      let keptBytes = 0;
      const remarks: string[] = [];
      for await (const line of site.server.client.followLog({ workspaceId: workspace.id, jobRunId })) {
        if (line.source === 'user') keptBytes += line.content.length + 1;
        if (line.content.startsWith('Pumphouse: ')) remarks.push(line.content.slice('Pumphouse: '.length));
      }
      return { keptBytes, remarks };
    }

    /** Resets VmHWM. */
    const resetPeakMemory = () => writeFile(`/proc/${site.server.process.pid}/clear_refs`, '5');

    /** Bytes from a line of the server's /proc/<pid>/status. */
    async function readMemory(name: 'VmHWM' | 'VmRSS'): Promise<number> {
      const status = await readFile(`/proc/${site.server.process.pid}/status`, 'utf8');
      return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
    }
  },
);
