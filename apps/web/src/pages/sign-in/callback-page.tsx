import { Button } from '@mantine/core';
import { useRouter } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { finishSignIn, goToSignIn } from '../../session/sign-in.ts';
import { basePath } from '../../api/base-url.ts';

/**
 * Shared between renders: in development React mounts a page twice, but the code can be redeemed only once.
 */
let finishing: Promise<string | null> | null = null;

/** The page that the sign-in pages redirect to. */
export function CallbackPage() {
  const router = useRouter();
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    finishing ??= finishSignIn(new URLSearchParams(location.search));
    finishing
      // Null: the tab navigates to the sign-in pages again.
      .then((returnTo) =>
        returnTo === null ? undefined : router.navigate({ href: withoutBase(returnTo), replace: true }),
      )
      .catch(setError)
      .finally(() => (finishing = null));
  }, [router]);
  if (error === null) return <LoadingRows count={3} />;
  return (
    <main style={{ maxWidth: '32rem', margin: '4rem auto', padding: '0 1rem' }}>
      <ErrorNotice error={error} />
      <Button mt="md" onClick={() => void goToSignIn('/').catch(setError)}>
        Sign in again
      </Button>
    </main>
  );
}

/** The router's paths are relative to the console's base path. */
function withoutBase(path: string): string {
  return path.startsWith(basePath) ? `/${path.slice(basePath.length)}` : path;
}
