/**
 * The runner images, on which containers of attempts and builds are based: one for each minor version of
 * Python.
 */
import { errorCodeOf } from '../../platform/error-code.ts';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { LRUCache } from 'lru-cache';
import { supportedPythons } from '@pumphouse/contract';
import { EnvironmentBuildError } from '../contract/environment-builder.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import type { BuildImage } from './build-image.ts';
import { allowSilence, engineMessage, orNull, statusOf } from './engine.ts';
import { imagePythons } from '../image-pythons.ts';
import { labels } from './names.ts';

export interface RunnerImage {
  reference: string;
  id: string;
  /** The image on which this one is based: environments of one base do not work on another. */
  base: string;
}

export interface ImagesOptions {
  engine: Docker;
  /** Contains `{python}`. */
  template: string;
  /** Fingerprint of this server's bootstrap, which an image with another one does not support. */
  bootstrap: string;
  /** Builds an image that is missing or of another version; null if operators do that. */
  build: BuildImage | null;
}

/** An existing image, as described by its labels. */
interface FoundImage extends RunnerImage {
  bootstrap: string;
  /** Built with custom certificates, which an automatic build would lack. */
  hasOwnCertificates: boolean;
}

/** A valid image is not checked again for each start within this time. */
const trustedMilliseconds = 30_000;

export type Images = ReturnType<typeof createImages>;

/** Finds, pulls or builds runner images. */
export function createImages({ engine, template, bootstrap, build }: ImagesOptions) {
  const trusted = new LRUCache<string, RunnerImage>({
    max: supportedPythons.length,
    ttl: trustedMilliseconds,
  });
  const fetching = new Map<string, Promise<RunnerImage>>();

  async function inspect(reference: string): Promise<FoundImage | null> {
    const found = await orNull(engine.getImage(reference).inspect());
    if (found === null) return null;
    const own = found.Config.Labels ?? {};
    return {
      reference,
      id: found.Id,
      base: own[labels.base] ?? '',
      bootstrap: own[labels.bootstrap] ?? '',
      hasOwnCertificates: own[labels.certificates] === 'given',
    };
  }

  /**
   * A name specific to this version, so that servers of several versions or installations do not take it from
   * each other.
   */
  const nameBuilt = (reference: string): string => `${reference}-${bootstrap.slice(0, 12)}`;

  async function fetch(
    reference: string,
    python: string,
    outdated: FoundImage | null,
    onLine: (text: string) => void,
  ): Promise<RunnerImage> {
    if (build !== null) return findOrBuild(build, reference, python, outdated, onLine);
    if (!isLocal(reference)) {
      onLine(`Pulling the image ${reference} ...`);
      await pull(reference);
    }
    const found = await inspect(reference);
    if (found === null) throw notThere(reference, python);
    if (found.bootstrap !== bootstrap) throw ofAnotherVersion(reference, python);
    return found;
  }

  /** @param outdated an image built manually for another version, whose base is reused */
  async function findOrBuild(
    build: BuildImage,
    reference: string,
    python: string,
    outdated: FoundImage | null,
    onLine: (text: string) => void,
  ): Promise<RunnerImage> {
    const name = nameBuilt(reference);
    const earlier = await inspect(name);
    if (earlier?.bootstrap === bootstrap) return earlier;
    if (outdated?.hasOwnCertificates === true) throw needsCertificates(reference, python);
    onLine(`Building the image ${name}, which takes a minute the first time ...`);
    await build({ reference: name, python, base: outdated?.base || null }, onLine);
    const found = await inspect(name);
    if (found === null) throw notThere(name, python);
    return found;
  }

  async function pull(reference: string): Promise<void> {
    try {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- dockerode declares less than the stream that it returns
      const stream = (await engine.pull(reference)) as Readable;
      allowSilence(stream);
      await new Promise<void>((resolve, reject) => {
        engine.modem.followProgress(stream, (error) => (error ? reject(error) : resolve()));
      });
    } catch (error) {
      // Without a status or a registry's message, the engine itself is down.
      if (statusOf(error) === null && errorCodeOf(error) !== undefined) throw error;
      throw new ExecutorError(
        'image',
        `The image ${reference} could not be pulled: ${engineMessage(error)}. ` +
          "Check that the engine's machine can reach the registry, or name another image in PUMPHOUSE_RUNNER_IMAGE.",
        { cause: error },
      );
    }
  }

  async function findPresent(python: string): Promise<FoundImage | null> {
    const reference = template.replaceAll('{python}', python);
    for (const name of [reference, nameBuilt(reference)]) {
      const found = await inspect(name);
      if (found?.bootstrap === bootstrap) return found;
    }
    return null;
  }

  return {
    /**
     * Returns the image for a minor version ("3.13"), after making sure that it exists and has this server's
     * version.
     * @throws EnvironmentBuildError python_not_found, ExecutorError image
     */
    async require(python: string, onLine: (text: string) => void = () => undefined): Promise<RunnerImage> {
      if (!supportedPythons.includes(python)) {
        throw new EnvironmentBuildError(
          'python_not_found',
          `There is no runner image for Python ${python}. There is one for each of ${supportedPythons.join(', ')}.`,
        );
      }
      const reference = template.replaceAll('{python}', python);
      const known = trusted.get(reference);
      if (known) return known;
      const found = await inspect(reference);
      const image =
        found?.bootstrap === bootstrap ? found : await fetchOnce(reference, python, found, onLine);
      trusted.set(reference, image);
      return image;
    },
    /**
     * Returns an image for any version, preferably an existing one.
     * @throws as `require` does
     */
    async requireAny(): Promise<RunnerImage> {
      for (const python of supportedPythons) {
        const found = await findPresent(python);
        if (found !== null) return found;
      }
      return this.require(imagePythons[0] ?? '');
    },
    /** The versions whose images are there, newest first, and then the others. */
    async listPythons(): Promise<string[]> {
      const present: string[] = [];
      for (const python of supportedPythons) if ((await findPresent(python)) !== null) present.push(python);
      return [...new Set([...present, ...imagePythons])];
    },
    /** Call this after an engine has reported that the image is missing. */
    forget(): void {
      trusted.clear();
    },
  };

  /** Concurrent runs that need a missing image share one pull or build. */
  function fetchOnce(
    reference: string,
    python: string,
    outdated: FoundImage | null,
    onLine: (text: string) => void,
  ): Promise<RunnerImage> {
    const running = fetching.get(reference);
    if (running !== undefined) return running;
    const started = fetch(reference, python, outdated, onLine).finally(() => fetching.delete(reference));
    fetching.set(reference, started);
    return started;
  }
}

/** No registry has an image with this name: it is built on the engine. */
function isLocal(reference: string): boolean {
  return reference.startsWith('localhost/');
}

function notThere(reference: string, python: string): ExecutorError {
  return new ExecutorError(
    'image',
    `The engine has no image ${reference}. Build it there with \`npm run images -- ${python}\`, ` +
      'or name one that it can pull in PUMPHOUSE_RUNNER_IMAGE.',
  );
}

function ofAnotherVersion(reference: string, python: string): ExecutorError {
  return new ExecutorError(
    'image',
    `The image ${reference} was built for another version of Pumphouse. ` +
      `Rebuild it (\`npm run images -- ${python}\`), or name one of this version in PUMPHOUSE_RUNNER_IMAGE.`,
  );
}

function needsCertificates(reference: string, python: string): ExecutorError {
  return new ExecutorError(
    'image',
    `The image ${reference} was built for another version of Pumphouse and with certificates of your own, which this server ` +
      `does not have. Rebuild it: \`npm run images -- --ca-bundle FILE ${python}\`.`,
  );
}
