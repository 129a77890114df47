import { useEffect, useState } from 'react';
import type { CodeLanguage } from './languages.ts';
import type { HighlightRequest } from './highlight-worker.ts';
import { splitSpans, type CodeSpan, type PackedSpans } from './code-spans.ts';

type SpansByLine = CodeSpan[][];

let worker: Worker | undefined;
let lastId = 0;
const waiting = new Map<number, (spans: PackedSpans[]) => void>();

/** The worker is started by the first code that is shown, so that no other page loads the languages. */
function startWorker(): Worker {
  const started = new Worker(new URL('highlight-worker.ts', import.meta.url), { type: 'module' });
  started.addEventListener('message', ({ data }: MessageEvent<{ id: number; spans: PackedSpans[] }>) => {
    waiting.get(data.id)?.(data.spans);
    waiting.delete(data.id);
  });
  return started;
}

/**
 * The highlighted parts of texts, by text and line.
 * @param texts keep the same array while the texts are unchanged
 * @param language null for texts that are not highlighted
 * @returns undefined until they are known: the texts are shown plain
 */
export function useHighlight(
  texts: readonly string[],
  language: CodeLanguage | null,
): readonly SpansByLine[] | undefined {
  const [found, setFound] = useState<{ texts: readonly string[]; spans: SpansByLine[] }>();
  useEffect(() => {
    if (language === null || texts.length === 0) return undefined;
    const id = ++lastId;
    waiting.set(id, (packed) => {
      const spans = texts.map((text, index) => splitSpans(text, packed[index] ?? new Uint32Array()));
      setFound({ texts, spans });
    });
    worker ??= startWorker();
    worker.postMessage({ id, texts, language } satisfies HighlightRequest);
    return () => void waiting.delete(id);
  }, [texts, language]);
  return found?.texts === texts ? found.spans : undefined;
}
