/** Web worker that lays out one graph for each message. */
import { layOutLayers, type LayeredGraph } from './layered-layout.ts';

addEventListener('message', ({ data }: MessageEvent<LayeredGraph>) => postMessage(layOutLayers(data)));
