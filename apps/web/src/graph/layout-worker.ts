/** Web worker that lays out one graph for each message. */
import type { LayeredGraph } from './layered-layout.ts';
import { layOutComponents } from './component-layout.ts';

addEventListener('message', ({ data }: MessageEvent<LayeredGraph>) => postMessage(layOutComponents(data)));
