import type { StateAppearance } from '../../../ui/run-states.ts';
import { useThemeStyle } from '../../../ui/use-theme-style.ts';

/** Colours of the plot, from tokens.css: a canvas cannot use CSS variables. */
export interface PlotColours {
  text: string;
  quiet: string;
  line: string;
  edge: string;
  ground: string;
  surface: string;
  raised: string;
  accent: string;
  font: string;
  states: Record<StateAppearance['colour'], string>;
  grounds: Record<StateAppearance['colour'], string>;
}

/** The current colours. */
export const usePlotColours = (): PlotColours => useThemeStyle(readColours);

function readColours(): PlotColours {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const readStates = (prefix: string) => ({
    completed: read(`${prefix}-completed`),
    failed: read(`${prefix}-failed`),
    running: read(`${prefix}-running`),
    pending: read(`${prefix}-pending`),
    cancelled: read(`${prefix}-cancelled`),
    skipped: read(`${prefix}-skipped`),
  });
  return {
    text: read('text'),
    quiet: read('quiet'),
    line: read('line'),
    edge: read('edge'),
    ground: read('ground'),
    surface: read('surface'),
    raised: read('raised'),
    accent: read('accent'),
    font: getComputedStyle(document.body).fontFamily,
    states: readStates('state'),
    grounds: readStates('ground'),
  };
}
