import classes from './shell.module.css';
import { openPalette } from '../palette/open-palette.ts';
import { paletteKeys } from '../keyboard/shortcut-table.ts';
import { SearchIcon } from '../ui/icons.tsx';

/** Opens the command palette for users who do not know its shortcut. */
export function PaletteButton() {
  return (
    <button type="button" className={classes.palette} onClick={openPalette}>
      <SearchIcon />
      <span className={classes.paletteText}>Search</span>
      <kbd className={classes.paletteText}>{paletteKeys}</kbd>
    </button>
  );
}
