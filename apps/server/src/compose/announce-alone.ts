import type { Persistence } from '../store/store.ts';
import {
  announceServer,
  askWhetherRegistered,
  listAnnouncedServers,
  type AnnouncedServer,
} from '../platform/announced-servers.ts';

/** The database is a copy: a server on this machine has the same installation id and another database. */
export class InstallationInUseError extends Error {
  override readonly name = 'InstallationInUseError';
  readonly code = 'installation_in_use';

  constructor(installationId: string, pid: number) {
    super(
      `installation_in_use: The server with pid ${pid} has the same installation id, ${installationId}, and another database. ` +
        'One of the two is a copy, and each would end the runs of the other. Stop the other server, if this one replaces it. ' +
        'To run a copy at the same time, create it with bin/pumphouse backup create and backup restore without --replace.',
    );
  }
}

/**
 * Announces a registered server, unless a server with the same installation id and another database runs on this machine.
 * Of two that start at the same moment at least one is refused.
 * @throws InstallationInUseError
 */
export async function announceAlone(
  { store }: Persistence<'installation' | 'servers'>,
  serverId: string,
): Promise<{ close(): Promise<void> }> {
  const { id: installationId } = await store.installation.get();
  const { isRegistered } = store.servers;
  const self = { serverId, pid: process.pid };

  /** The id is new, so that no copy of this database has it, while copies have the ids of servers from before. */
  async function hasOtherDatabase(server: AnnouncedServer): Promise<boolean> {
    const knowsThis = await askWhetherRegistered(installationId, server, serverId);
    return !(knowsThis ?? (await isRegistered(server.serverId)));
  }

  const announcement = await announceServer(installationId, self, isRegistered);
  try {
    const others = (await listAnnouncedServers(installationId)).filter((one) => one.serverId !== serverId);
    for (const server of others) {
      if (!(await hasOtherDatabase(server))) continue;
      // A server that has stopped meanwhile does not answer; it withdraws its announcement before its registration.
      const again = await listAnnouncedServers(installationId);
      if (again.some((one) => one.serverId === server.serverId))
        throw new InstallationInUseError(installationId, server.pid);
    }
    return announcement;
  } catch (error) {
    await announcement.close();
    throw error;
  }
}
