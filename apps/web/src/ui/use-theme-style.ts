import { useEffect, useState } from 'react';

/**
 * Reads styles for a canvas, which cannot use CSS variables, again when the colour scheme or the palette changes.
 * @param readStyle a function of a module: always the same one
 */
export function useThemeStyle<Style>(readStyle: () => Style): Style {
  const [style, setStyle] = useState(readStyle);
  useEffect(() => {
    const observer = new MutationObserver(() => setStyle(readStyle()));
    observer.observe(document.documentElement, {
      attributeFilter: ['data-mantine-color-scheme', 'data-palette'],
    });
    return () => observer.disconnect();
  }, [readStyle]);
  return style;
}
