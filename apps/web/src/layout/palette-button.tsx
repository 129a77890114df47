import classes from './shell.module.css';
import { openPalette } from '../palette/open-palette.ts';
import { paletteKeys } from '../keyboard/shortcut-table.ts';
import { SearchIcon } from '../look/icons.tsx';

/** Opens the palette for who does not know its key. */
export function PaletteButton() {
  return (
    <button type="button" className={classes.palette} onClick={openPalette}>
      <SearchIcon />
      <span className={classes.paletteWords}>Search or act</span>
      <kbd className={classes.paletteWords}>{paletteKeys}</kbd>
    </button>
  );
}
