import { supportedPythons } from '@pumphouse/contract';

/** The versions of images of runs: first the one for which the documentation builds an image. */
export const imagePythons: readonly string[] = [...new Set(['3.13', ...supportedPythons])];
