/** The runner images: what containers of attempts and of builds start from, one for each minor version of Python. */
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { EnvironmentBuildError, ExecutorError } from '../executor.ts';
import type { BuildImage } from './build-image.ts';
import { allowSilence, engineWords, orNull, statusOf } from './engine.ts';
import { labels } from './names.ts';

export interface RunnerImage {
  reference: string;
  id: string;
  /** The image that this one was built from: environments of one base do not work in another. */
  base: string;
}

export interface ImagesOptions {
  engine: Docker;
  /** Holds `{python}`. */
  template: string;
  /** Fingerprint of this server's bootstrap: an image with another one does not understand it. */
  bootstrap: string;
  /** Makes an image that is not there, or is of another version; null where that is left to people. */
  build: BuildImage | null;
}

/** An image that the engine has, as its labels describe it. */
interface FoundImage extends RunnerImage {
  bootstrap: string;
  /** Whoever built it brought certificates, which a build of ours would not have. */
  hasOwnCertificates: boolean;
}

const defaultPython = '3.13';
const supportedPythons = ['3.10', '3.11', '3.12', '3.13', '3.14'];
/** An image that was right a moment ago is not asked for again with each start. */
const trustedMilliseconds = 30_000;

export type Images = ReturnType<typeof createImages>;

/** Finds, pulls or builds runner images. */
export function createImages({ engine, template, bootstrap, build }: ImagesOptions) {
  const trusted = new Map<string, { image: RunnerImage; until: number }>();
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

  /** A name of this version's own, so that servers of several versions, or of several installations, do not take it from each other. */
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

  /** @param outdated one that somebody built for another version: what it was built from goes on to be used */
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
      const stream = (await engine.pull(reference)) as Readable;
      allowSilence(stream);
      await new Promise<void>((resolve, reject) => {
        engine.modem.followProgress(stream, (error) => (error ? reject(error) : resolve()));
      });
    } catch (error) {
      // No status and no words of a registry: the engine itself is gone.
      if (statusOf(error) === null && (error as NodeJS.ErrnoException).code !== undefined) throw error;
      throw new ExecutorError(
        'image',
        `The image ${reference} could not be pulled: ${engineWords(error)}. ` +
          'Look at the registry from the machine of the engine, or name another image in PUMPHOUSE_RUNNER_IMAGE.',
        { cause: error },
      );
    }
  }

  return {
    /**
     * The image for a minor version ("3.13"), there and of this server's version.
     * @throws EnvironmentBuildError python_not_found, ExecutorError image
     */
    async require(python: string, onLine: (text: string) => void = () => undefined): Promise<RunnerImage> {
      if (!supportedPythons.includes(python)) {
        throw new EnvironmentBuildError(
          'python_not_found',
          `There is no runner image for Python ${python}. Deploy with one of ${supportedPythons.join(', ')}.`,
        );
      }
      const reference = template.replaceAll('{python}', python);
      const known = trusted.get(reference);
      if (known && known.until > performance.now()) return known.image;
      const found = await inspect(reference);
      const image =
        found?.bootstrap === bootstrap ? found : await fetchOnce(reference, python, found, onLine);
      trusted.set(reference, { image, until: performance.now() + trustedMilliseconds });
      return image;
    },
    /** An image for whichever version, if possible one that is there. @throws as `require` does */
    async requireAny(): Promise<RunnerImage> {
      for (const python of supportedPythons.toReversed()) {
        const reference = template.replaceAll('{python}', python);
        for (const name of [reference, nameBuilt(reference)]) {
          const found = await inspect(name);
          if (found?.bootstrap === bootstrap) return found;
        }
      }
      return this.require(defaultPython);
    },
    /** After an engine has said that the image is not there. */
    forget(): void {
      trusted.clear();
    },
  };

  /** Several runs that need an image which is not there wait for one pull, or one build. */
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

/** No registry has an image of this name: it is made where the engine is. */
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
      `Build it anew (\`npm run images -- ${python}\`), or name one of this version in PUMPHOUSE_RUNNER_IMAGE.`,
  );
}

function needsCertificates(reference: string, python: string): ExecutorError {
  return new ExecutorError(
    'image',
    `The image ${reference} was built for another version of Pumphouse and with certificates of your own, which this server ` +
      `does not have. Build it anew: \`npm run images -- --ca-bundle FILE ${python}\`.`,
  );
}
