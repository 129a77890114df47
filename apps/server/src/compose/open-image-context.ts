import type { Config } from '../config/config.ts';
import type { Persistence } from '../store/store.ts';
import { writeImageContext, type ImageContext } from '../services/environments/write-image-context.ts';
import { bootstrapFolder } from './create-executor.ts';
import { openBlobs } from './open-blobs.ts';

/** Writes the context of an image with the environments of a workspace, for `admin build-image`. */
export function openImageContext(
  config: Config,
  persistence: Persistence,
): (of: { workspaceId: string; folder: string }) => Promise<ImageContext> {
  const { blobs } = openBlobs(config, persistence);
  const { runnerImage } = config.engine;
  return (of) => writeImageContext({ persistence, blobs, runnerImage, bootstrapFolder }, of);
}
