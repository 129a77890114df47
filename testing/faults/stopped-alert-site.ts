import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../fixtures/eventually.ts';
import { openAlertSite, type AlertSite } from '../e2e/alerts/alert-site.ts';

const scripts = { brief: 'if __name__ == "__main__":\n    print("works")\n' };

/** A site of alerts whose server has stopped: each test starts servers of its own on its data. */
export interface StoppedAlertSite {
  site: AlertSite;
  /** The file that a server writes at a point where it pauses. */
  pauseFile: string;
  remove(): Promise<void>;
}

/** Opens a site with the job `brief`, whose environment is built, and a rule that sends a message for each of its runs. */
export async function openStoppedAlertSite(
  variables: Record<string, string> = {},
): Promise<StoppedAlertSite> {
  const site = await openAlertSite({ scripts, requirements: [], variables });
  const pauseFolder = await mkdtemp(join(tmpdir(), 'pumphouse-pause-'));
  // Each run is an incident of its own.
  await site.addRule('run_succeeded', { channel_ids: site.channelIds.slice(0, 1) });
  const { id } = await site.run('brief');
  // The run's event would be left for the next server, whose rules of the test would report it too.
  await eventually('the message about the run arrives', () =>
    site.receiver.received.some(({ body }) => body.includes(id)),
  );
  await site.server.end('SIGTERM');
  return {
    site,
    pauseFile: join(pauseFolder, 'reached'),
    async remove() {
      await (await site.server.restart()).remove();
      await site.remove();
      await rm(pauseFolder, { recursive: true, force: true });
    },
  };
}
