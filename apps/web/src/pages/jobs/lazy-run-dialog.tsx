import { lazy, Suspense, type ComponentProps } from 'react';

const Dialog = lazy(() => import('./run-dialog.tsx'));

/** The dialog for a manual start, loaded when it is opened first: it is on pages of lists that open without it. */
export function RunDialog(props: ComponentProps<typeof Dialog>) {
  return (
    <Suspense fallback={null}>
      <Dialog {...props} />
    </Suspense>
  );
}
