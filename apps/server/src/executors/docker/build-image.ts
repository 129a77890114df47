/**
 * Builds runner images with the engine that needs them, so that no operator has to do it before the first run
 * or after an upgrade.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { pack } from 'tar-stream';
import { isErrorCode } from '../../platform/error-code.ts';
import { listBootstrapFiles } from '../bootstrap-files.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import { allowSilence, engineMessage, statusOf } from './engine.ts';
import {
  contextFiles,
  contextNames,
  planImageArguments,
  readUvVersion,
  recipeFile,
} from './image-context.ts';
import { labels } from './names.ts';

/** Where this server has the sources of an image. */
export interface ImageSources {
  /** deploy/images */
  imagesFolder: string;
  /** python/pumphouse_bootstrap */
  bootstrapFolder: string;
  /** scripts/python-tools.json */
  toolsFile: string;
  /** uv for this machine, as installed by setup from the package index. It need not exist. */
  uvPath: string;
}

export interface WantedImage {
  reference: string;
  /** "3.13" */
  python: string;
  /** The base image; null means Docker's official one for that Python. */
  base: string | null;
}

export type BuildImage = (image: WantedImage, onLine: (text: string) => void) => Promise<void>;

const lastOutputLines = 10;
/** Engines repeat whole steps of the recipe, which does not help the operator. */
const maxLineLength = 300;
/** Keyed by the architecture that Node reports, with the names used by engines. */
const architectures: Record<string, string[]> = { x64: ['amd64', 'x86_64'], arm64: ['arm64', 'aarch64'] };

/**
 * Creates an image builder. The build uses the network only to pull a missing base, and to get uv if the
 * engine's machine has another architecture: then pip in the build uses the package index, without any
 * settings of this server.
 * @throws (the builder) ExecutorError image, and connection errors when the engine goes down
 */
export function createImageBuilder(
  engine: Docker,
  installationId: string,
  sources: ImageSources,
): BuildImage {
  return async function buildImage({ reference, python, base }, onLine) {
    const lastOutput: string[] = [];
    try {
      const uv = await readUv(engine, sources.uvPath);
      const requirement = uv === null ? `uv==${await readUvVersion(sources.toolsFile)}` : null;
      const context = await packContext(sources, uv);
      const stream = await engine.buildImage(context, {
        t: reference,
        dockerfile: recipeFile,
        buildargs: await planImageArguments(sources.bootstrapFolder, {
          python,
          uv: requirement,
          base,
          certificates: 'base',
        }),
        labels: { [labels.installation]: installationId },
        rm: true,
        forcerm: true,
      });
      allowSilence(stream);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- dockerode declares less than the stream that it returns
      await followBuild(stream as Readable, (text) => {
        onLine(text);
        if (lastOutput.push(text) > lastOutputLines) lastOutput.shift();
      });
    } catch (error) {
      throw describeFailure(error, { reference, python }, lastOutput);
    }
  };
}

/** The uv program, if it can run on the engine's machine. */
async function readUv(engine: Docker, path: string): Promise<Buffer | null> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- dockerode declares any
  const { Architecture: architecture } = (await engine.info()) as { Architecture?: string };
  const isAlike = process.platform === 'linux' && architectures[process.arch]?.includes(architecture ?? '');
  if (isAlike !== true) return null;
  return readFile(path).catch((error: unknown) => {
    if (isErrorCode(error, 'ENOENT')) return null;
    throw error;
  });
}

/** Deterministic for the same files, so that an engine reuses earlier build steps. */
async function packContext(
  { imagesFolder, bootstrapFolder }: ImageSources,
  uv: Buffer | null,
): Promise<Readable> {
  const archive = pack();
  const add = (name: string, content: Buffer, mode: number): void => {
    archive.entry({ name, mode, mtime: new Date(0), uid: 0, gid: 0 }, content);
  };
  for (const name of contextFiles) add(name, await readFile(join(imagesFolder, name)), 0o644);
  for (const name of await listBootstrapFiles(bootstrapFolder)) {
    add(`${contextNames.bootstrap}/${name}`, await readFile(join(bootstrapFolder, name)), 0o644);
  }
  if (uv !== null) add(contextNames.uv, uv, 0o755);
  archive.finalize();
  return Readable.from(archive);
}

interface BuildEvent {
  stream?: string;
  status?: string;
  error?: string;
}

/** A failed build, with the engine's error. */
class FailedBuild extends Error {
  override readonly name = 'FailedBuild';
}

/**
 * Passes on the engine's output until the build has ended.
 * @throws FailedBuild
 */
async function followBuild(stream: Readable, onLine: (text: string) => void): Promise<void> {
  let rest = '';
  for await (const piece of stream.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) passOn(line, onLine);
  }
  passOn(rest, onLine);
}

function passOn(line: string, onLine: (text: string) => void): void {
  if (line.trim() === '') return;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the engine's protocol of builds
  const { stream, status, error } = JSON.parse(line) as BuildEvent;
  if (error !== undefined) throw new FailedBuild(error.trim());
  // One event may have several lines, or be a mere progress update.
  for (const text of (stream ?? status ?? '').split('\n')) if (text.trim() !== '') onLine(text.trimEnd());
}

function shorten(line: string): string {
  return line.length <= maxLineLength ? line : `${line.slice(0, maxLineLength)} ...`;
}

function describeFailure(
  error: unknown,
  { reference, python }: Pick<WantedImage, 'reference' | 'python'>,
  lastOutput: readonly string[],
): unknown {
  const isMissingSource = isErrorCode(error, 'ENOENT') && hasPath(error);
  // Not an error of the build: the engine itself is down.
  if (!(error instanceof FailedBuild) && statusOf(error) === null && !isMissingSource) return error;
  const message = isMissingSource
    ? 'this server does not have the files to build it.'
    : [...lastOutput, engineMessage(error)].map(shorten).join('\n');
  return new ExecutorError(
    'image',
    `The image ${reference} could not be built: ${message}\nBuild one by hand with \`npm run images -- ${python}\`, ` +
      'or name one that the engine can pull in PUMPHOUSE_RUNNER_IMAGE.',
    { cause: error },
  );
}

/** Whether a system error names a file. */
function hasPath(error: unknown): boolean {
  return error instanceof Error && 'path' in error && error.path !== undefined;
}
