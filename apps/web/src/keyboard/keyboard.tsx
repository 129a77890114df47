import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useEffectEvent, useState } from 'react';
import { areSingleKeysOn, isCharacterKey, isPageKey, pageKeys } from './shortcut-table.ts';
import { createKeySequence } from './key-sequence.ts';
import { focusSearch, openNeighbour, stepRow } from './rows.ts';
import { runPageKey } from './page-keys.ts';
import { onPaletteAsked } from '../palette/open-palette.ts';

const CommandPalette = lazy(() => import('../palette/command-palette.tsx'));
const ShortcutHelp = lazy(() => import('./shortcut-help.tsx'));

const keySequence = createKeySequence();

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches('input, textarea, select');
}

/** Whether the focus is in an element that scrolls or moves with keys such as `End`. */
function hasOwnKeys(target: EventTarget | null): boolean {
  const owner =
    target instanceof Element && target.closest('[tabindex="0"], [role="menu"], [role="listbox"]');
  return owner !== false && owner !== null && !owner.matches('[data-page-keys]');
}

const actions: Record<string, () => void> = {
  '/': focusSearch,
  j: () => stepRow(1),
  k: () => stepRow(-1),
  '[': () => openNeighbour('prev'),
  ']': () => openNeighbour('next'),
};

/** Handles the shortcuts of all pages of a workspace, and renders the palette and the shortcut help. */
export function Keyboard({ workspaceId }: { workspaceId: string }) {
  const navigate = useNavigate();
  const [shown, show] = useState<'palette' | 'help' | null>(null);

  const take = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented) return;
    const keys = keySequence({ ...pick(event), isTyping: isTyping(event.target) }, Date.now());
    if (keys === null || (isCharacterKey(keys) && !areSingleKeysOn())) return;
    // Dialogs have their own keys.
    if (shown !== null || (keys !== 'mod+k' && document.querySelector('[role="dialog"]'))) return;
    if (keys === 'mod+k') show('palette');
    else if (keys === '?') show('help');
    else if (isPageKey(keys)) void navigate({ to: pageKeys[keys].to, params: { workspaceId } });
    else if (actions[keys]) actions[keys]();
    else if (hasOwnKeys(event.target) && !isCharacterKey(keys)) return;
    else if (!runPageKey(keys)) return;
    event.preventDefault();
  });
  useEffect(() => {
    addEventListener('keydown', take);
    return () => removeEventListener('keydown', take);
  }, []);
  useEffect(() => onPaletteAsked(() => show('palette')), []);

  return (
    <Suspense>
      {shown === 'palette' && <CommandPalette workspaceId={workspaceId} onClose={() => show(null)} />}
      {shown === 'help' && <ShortcutHelp onClose={() => show(null)} />}
    </Suspense>
  );
}

const pick = ({ key, ctrlKey, metaKey, altKey }: KeyboardEvent) => ({ key, ctrlKey, metaKey, altKey });
