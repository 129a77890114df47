import { Button } from '@mantine/core';
import { useRouter } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { ErrorNotice, LoadingRows } from '../../look/answers.tsx';
import { finishSignIn, goToSignIn } from '../../session/sign-in.ts';
import { basePath } from '../../api/base-url.ts';

/** What is redeemed once: React draws a page twice while it is developed, and the code is good for one time. */
let finishing: Promise<string | null> | null = null;

/** Where the sign-in pages send the browser back to. */
export function CallbackPage() {
  const router = useRouter();
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    finishing ??= finishSignIn(new URLSearchParams(location.search));
    finishing
      // Null: the tab leaves for the sign-in pages again.
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

/** Addresses inside the router begin below the path that the console lies under. */
function withoutBase(path: string): string {
  return path.startsWith(basePath) ? `/${path.slice(basePath.length)}` : path;
}
