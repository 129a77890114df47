import { lookup, Resolver } from 'node:dns/promises';

/** Returns the addresses of a host name. @throws if it has none, or no name server answers in time */
export type ResolveHost = (hostname: string) => Promise<string[]>;

const answerMs = 2000;
const tries = 2;

/**
 * Asks name servers directly. The resolver of the system would block a thread that the whole server shares for
 * as long as the name servers of a hostile domain do not answer.
 */
export const resolveWithNameServers: ResolveHost = async (hostname) => {
  const resolver = new Resolver({ timeout: answerMs, tries });
  const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (addresses.length === 0) throw new Error('The host name has no address');
  return addresses;
};

/** For names that an operator chose: also reads the hosts file and search domains of this machine. */
export const resolveWithSystem: ResolveHost = async (hostname) =>
  (await lookup(hostname, { all: true })).map(({ address }) => address);
