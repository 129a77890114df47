import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
// Latin letters in the two weights of the console, 48 kB together. Other scripts are shown in a font of the system.
import '@fontsource/inter/latin-400.css';
import '@fontsource/inter/latin-600.css';
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './ui/tokens.css';
import './ui/ui.css';
import { applyPalette } from './ui/palette-choice.ts';
import { NotificationsOnDemand } from './layout/notifications-on-demand.tsx';
import { onOtherPerson } from './session/tokens.ts';
import { queryClient } from './api/query-client.ts';
import { restoreRowFocus } from './keyboard/row-focus.ts';
import { router } from './routes/router.ts';
import { restoreZoneChoice } from './ui/time-zone.ts';
import { theme } from './ui/theme.ts';
import { titleCutTexts } from './ui/cut-titles.ts';
import { titleTimes } from './ui/time-titles.ts';

const element = document.querySelector('#root');
if (!element) throw new Error('The page has no place for the console');
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';

// Dialogs lock page scrolling with a style element; get-nonce reads its nonce from this global.
Object.assign(globalThis, { __webpack_nonce__: nonce });
applyPalette();
restoreZoneChoice();
titleCutTexts(document);
titleTimes(document);
restoreRowFocus({ page: document, router });
// Another tab signed out or signed in as another user: reload, so that no data of the previous user stays.
onOtherPerson(() => location.reload());

createRoot(element).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
        <NotificationsOnDemand />
        <RouterProvider router={router} />
      </MantineProvider>
    </QueryClientProvider>
  </StrictMode>,
);
