import { KubeConfig, Watch, type V1Pod, type V1Status } from '@kubernetes/client-node';
import { eventually } from '../../fixtures/eventually.ts';
import type { ClusterConnection } from '../cluster.ts';

interface ObservedEvent {
  type: string;
  object: V1Pod;
}

/** Watches the pods of the namespace as the server's service account, and keeps the events. */
export class PodWatch {
  readonly events: ObservedEvent[] = [];
  /** What an ERROR event contained. */
  error: V1Status | null = null;
  readonly #connection: ClusterConnection;
  #current: AbortController | null = null;

  private constructor(connection: ClusterConnection) {
    this.#connection = connection;
  }

  /** @param version the resource version to begin with: "0" for the pods that there are */
  static async open(connection: ClusterConnection, version = '0'): Promise<PodWatch> {
    const watch = new PodWatch(connection);
    await watch.#open(version);
    return watch;
  }

  /** Waits until the newest state of a pod meets a condition. */
  waitFor(name: string, what: string, accept: (pod: V1Pod) => boolean): Promise<V1Pod> {
    return eventually(`pod ${name} ${what}`, () =>
      this.#of(name)
        .map(({ object }) => object)
        .find(accept),
    );
  }

  /** @returns the pod's last state */
  async waitForRemoval(name: string): Promise<V1Pod> {
    const removed = () => this.#of(name).find(({ type }) => type === 'DELETED');
    return (await eventually(`pod ${name} was removed`, removed)).object;
  }

  close(): void {
    const current = this.#current;
    this.#current = null;
    current?.abort();
  }

  #of(name: string): ObservedEvent[] {
    return this.events.filter(({ object }) => object.metadata?.name === name);
  }

  async #open(resourceVersion: string): Promise<void> {
    const path = `/api/v1/namespaces/${this.#connection.namespace}/pods`;
    let version = resourceVersion;
    const onEvent = (type: string, object: V1Pod | V1Status) => {
      if (type === 'ERROR') this.error = object as V1Status;
      else this.events.push({ type, object: object as V1Pod });
      version = object.metadata?.resourceVersion ?? version;
    };
    // The client ends a watch in which nothing happens for 30 s.
    const onEnd = () => {
      if (this.#current !== null && this.error === null) void this.#open(version);
    };
    const parameters = { resourceVersion, allowWatchBookmarks: false };
    this.#current = await new Watch(configure(this.#connection)).watch(path, parameters, onEvent, onEnd);
  }
}

function configure({ apiUrl, caCertificate, token, namespace }: ClusterConnection): KubeConfig {
  const config = new KubeConfig();
  const name = 'test';
  config.loadFromOptions({
    clusters: [{ name, server: apiUrl, caData: Buffer.from(caCertificate).toString('base64') }],
    users: [{ name, token }],
    contexts: [{ name, cluster: name, user: name, namespace }],
    currentContext: name,
  });
  return config;
}
