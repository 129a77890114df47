import type { ServerResponse } from 'node:http';
import { toJson } from './http-exchange.ts';
import type { ResourceType } from './kube-object.ts';
import type { ObjectStore } from './object-store.ts';
import { StatusError } from './status-error.ts';
import { bookmarkAt, watchObjects, type WatchEvent, type WatchOptions } from './watch-objects.ts';

/** What tests change about all watches. */
export interface WatchSettings {
  delayMilliseconds: number;
  bookmarkSeconds: number;
}

interface OpenWatch {
  type: ResourceType;
  options: WatchOptions;
  timeoutSeconds: number;
}

/** Watches that are open, over HTTP. */
export class WatchResponses {
  readonly #open = new Set<ServerResponse>();
  readonly #store: ObjectStore;
  readonly #settings: WatchSettings;

  constructor(store: ObjectStore, settings: WatchSettings) {
    this.#store = store;
    this.#settings = settings;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Cuts the connections of all watches, without an end of their responses. */
  cut(): void {
    for (const response of this.#open) response.destroy();
  }

  /** Answers a request with a watch until it times out or its client goes. */
  serve(response: ServerResponse, { type, options, timeoutSeconds }: OpenWatch): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    this.#open.add(response);
    const queue = new EventQueue(response, this.#settings);
    const send = (event: WatchEvent) => queue.add(event);
    const bookmark = () => {
      if (options.allowsBookmarks) send(bookmarkAt(type, this.#store.revision));
    };
    const end = () => {
      bookmark();
      queue.end();
    };
    const unsubscribe = this.#subscribe(type, { options, send, end });
    const timers = [
      setInterval(bookmark, this.#settings.bookmarkSeconds * 1000),
      setTimeout(end, timeoutSeconds * 1000),
    ];
    response.on('close', () => {
      this.#open.delete(response);
      timers.forEach(clearTimeout);
      unsubscribe();
    });
  }

  #subscribe(
    type: ResourceType,
    { options, send, end }: { options: WatchOptions; send: (event: WatchEvent) => void; end: () => void },
  ): () => void {
    try {
      return watchObjects(this.#store, type, { options, send });
    } catch (error) {
      // The response has begun, so an expired version is an event.
      if (!(error instanceof StatusError)) throw error;
      options.allowsBookmarks = false;
      send({ type: 'ERROR', object: error.status });
      end();
      return () => {};
    }
  }
}

/** Events on their way to a client, in order, late if a test wants that. */
class EventQueue {
  readonly #waiting: { text: string; dueAt: number }[] = [];
  #hasEnded = false;
  readonly #response: ServerResponse;
  readonly #settings: WatchSettings;

  constructor(response: ServerResponse, settings: WatchSettings) {
    this.#response = response;
    this.#settings = settings;
  }

  add({ type, object }: WatchEvent): void {
    if (this.#hasEnded) return;
    const text = `{"type":"${type}","object":${toJson(object)}}\n`;
    const { delayMilliseconds } = this.#settings;
    if (delayMilliseconds === 0 && this.#waiting.length === 0) return this.#write(text);
    this.#waiting.push({ text, dueAt: Date.now() + delayMilliseconds });
    if (this.#waiting.length === 1) this.#sendLater();
  }

  end(): void {
    this.#hasEnded = true;
    if (this.#waiting.length === 0) this.#response.end();
  }

  #sendLater(): void {
    const [first] = this.#waiting;
    if (first === undefined) {
      if (this.#hasEnded) this.#response.end();
      return;
    }
    setTimeout(() => {
      this.#waiting.shift();
      this.#write(first.text);
      this.#sendLater();
    }, first.dueAt - Date.now());
  }

  #write(text: string): void {
    if (!this.#response.destroyed) this.#response.write(text);
  }
}
