import { createTheme, Input, type MantineColorsTuple } from '@mantine/core';

declare module 'react' {
  /** Styles may set CSS variables, which the style sheets of the console read. */
  interface CSSProperties {
    [variable: `--${string}`]: string | number | undefined;
  }
}

const pump: MantineColorsTuple = [
  '#e6f6f4',
  '#cfeae6',
  '#9fd5ce',
  '#6bbfb4',
  '#42ac9f',
  '#289f91',
  '#14877a',
  '#0f766e',
  '#0b5d57',
  '#06423e',
];

/** Mantine's dark colours match tokens.css: text first, then borders, lines and backgrounds. */
const dark: MantineColorsTuple = [
  '#e6ebf0',
  '#c3ccd5',
  '#a2adb9',
  '#77828e',
  '#3b4654',
  '#2c3642',
  '#1b232c',
  '#171e26',
  '#10151b',
  '#0b0f14',
];

export const theme = createTheme({
  primaryColor: 'pump',
  primaryShade: 7,
  colors: { pump, dark },
  autoContrast: true,
  defaultRadius: 'sm',
  cursorType: 'pointer',
  fontFamily: "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', 'Liberation Mono', Menlo, monospace",
  fontSizes: {
    xs: 'var(--text-xs)',
    sm: 'var(--text-sm)',
    md: 'var(--text-md)',
    lg: 'var(--text-lg)',
    xl: 'var(--text-xl)',
  },
  respectReducedMotion: true,
  components: {
    // Mantine's focus placeholder is not a valid child of a menu; focus the first item instead.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Modal: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } },
    Drawer: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } },
    // The description comes last, so that fields side by side stay aligned.
    InputWrapper: Input.Wrapper.extend({
      defaultProps: { inputWrapperOrder: ['label', 'input', 'error', 'description'] },
    }),
  },
});
