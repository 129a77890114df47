import { useQuery } from '@tanstack/react-query';
import type { LayeredGraph, LayeredLayout } from './layered-layout.ts';

/**
 * Lays out a graph in a worker, because that can take seconds.
 * @returns undefined until the layout is there; an equal graph has the same layout
 */
export function useLayeredLayout(graph: LayeredGraph): LayeredLayout | undefined {
  const { data } = useQuery({
    queryKey: ['layered layout', graph],
    queryFn: ({ signal }) => layOutInWorker(graph, signal),
    staleTime: Infinity,
    refetchInterval: false,
    networkMode: 'always',
    throwOnError: true,
  });
  return data;
}

async function layOutInWorker(graph: LayeredGraph, signal: AbortSignal): Promise<LayeredLayout> {
  const worker = new Worker(new URL('layout-worker.ts', import.meta.url), { type: 'module' });
  try {
    return await new Promise<LayeredLayout>((resolve, reject) => {
      worker.addEventListener('message', ({ data }: MessageEvent<LayeredLayout>) => resolve(data));
      worker.addEventListener('error', ({ message }) =>
        reject(new Error(`The graph has no layout: ${message}`)),
      );
      signal.addEventListener('abort', () => reject(new Error('The graph is not shown any more')));
      worker.postMessage(graph);
    });
  } finally {
    worker.terminate();
  }
}
