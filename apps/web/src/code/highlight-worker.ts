/** Web worker that highlights the texts of each message, which can take a second. */
import type { CodeLanguage } from './languages.ts';
import { highlightText } from './highlight-text.ts';

/** @param id returned with the result */
export interface HighlightRequest {
  id: number;
  texts: readonly string[];
  language: CodeLanguage;
}

addEventListener('message', ({ data: { id, texts, language } }: MessageEvent<HighlightRequest>) => {
  const spans = texts.map((text) => highlightText(text, language));
  postMessage({ id, spans }, { transfer: spans.map(({ buffer }) => buffer) });
});
