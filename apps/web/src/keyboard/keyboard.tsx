import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useEffectEvent, useLayoutEffect, useState } from 'react';
import { areSingleKeysOn, isCharacterKey, isPageKey, pageKeys } from './shortcut-table.ts';
import { createKeySequence } from './key-sequence.ts';
import { focusSearch, openNeighbour, stepRow } from './rows.ts';
import { runPageKey } from './page-keys.ts';
import { nothingTyped, typeAhead, type TypedAhead } from '../palette/type-ahead.ts';
import { onPaletteAsked } from '../palette/open-palette.ts';
import { SignOutFailure, useSignOut } from '../layout/sign-out-item.tsx';

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

const isPaletteInput = (target: EventTarget | null) =>
  target instanceof HTMLElement && target.matches('[data-palette-input]');

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
  const [typed, setTyped] = useState<TypedAhead>(nothingTyped);
  const signingOut = useSignOut();
  const openPalette = useEffectEvent(() => {
    setTyped(nothingTyped);
    show('palette');
  });

  const take = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented) return;
    const keys = keySequence({ ...pick(event), isTyping: isTyping(event.target) }, Date.now());
    if (keys === null || (isCharacterKey(keys) && !areSingleKeysOn())) return;
    // Dialogs have their own keys.
    if (shown !== null || (keys !== 'mod+k' && document.querySelector('[role="dialog"]'))) return;
    if (keys === 'mod+k') openPalette();
    else if (keys === '?') show('help');
    else if (isPageKey(keys)) void navigate({ to: pageKeys[keys].to, params: { workspaceId } });
    else if (actions[keys]) actions[keys]();
    else if (hasOwnKeys(event.target) && !isCharacterKey(keys)) return;
    else if (!runPageKey(keys)) return;
    event.preventDefault();
  });
  // Keys between the shortcut and the focus of the palette's field belong to the palette.
  const takeEarly = useEffectEvent((event: KeyboardEvent) => {
    if (shown !== 'palette' || isPaletteInput(event.target)) return;
    if (event.key === 'Escape') return show(null);
    if (typeAhead(nothingTyped, event) === null) return;
    setTyped((before) => typeAhead(before, event) ?? before);
    event.preventDefault();
    event.stopPropagation();
  });
  // Before the page is painted: a user who sees it may press a key.
  useLayoutEffect(() => {
    addEventListener('keydown', takeEarly, { capture: true });
    addEventListener('keydown', take);
    return () => {
      removeEventListener('keydown', takeEarly, { capture: true });
      removeEventListener('keydown', take);
    };
  }, []);
  useEffect(() => onPaletteAsked(openPalette), []);

  return (
    <>
      <Suspense>
        {shown === 'palette' && (
          <CommandPalette
            workspaceId={workspaceId}
            typed={typed}
            onType={setTyped}
            onClose={() => show(null)}
            onSignOut={() => signingOut.mutate()}
          />
        )}
        {shown === 'help' && <ShortcutHelp onClose={() => show(null)} />}
      </Suspense>
      <SignOutFailure signingOut={signingOut} />
    </>
  );
}

const pick = ({ key, ctrlKey, metaKey, altKey }: KeyboardEvent) => ({ key, ctrlKey, metaKey, altKey });
