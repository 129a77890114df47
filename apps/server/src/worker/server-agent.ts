import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

/** Creates an agent for connections to the server, which go through the proxy of HTTPS_PROXY and NO_PROXY. */
export function createServerAgent(serverUrl: string): HttpAgent | HttpsAgent {
  const options = { keepAlive: true, proxyEnv: process.env };
  return serverUrl.startsWith('https:') ? new HttpsAgent(options) : new HttpAgent(options);
}
