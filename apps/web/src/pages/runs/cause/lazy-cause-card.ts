import { lazyRouteComponent } from '@tanstack/react-router';

/** The cause card, loaded apart. After `preload` it renders at once: React's own `lazy` shows its fallback first. */
export const LazyCauseCard = lazyRouteComponent(() => import('./cause-card.tsx'));
