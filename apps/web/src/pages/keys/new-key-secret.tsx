import { SecretOnce } from '../../forms/secret-once.tsx';
import { CommandLine } from '../../ui/copy-text.tsx';
import { formatInstant } from '../../ui/format.ts';
import { apiBaseUrl } from '../../api/base-url.ts';

interface NewKeySecretProps {
  created: { name: string | null; secret: string; jwt: string; expires_at: string };
  onClose: () => void;
}

/** Shows a new key and how to pass it to the dlthub client. */
export function NewKeySecret({ created, onClose }: NewKeySecretProps) {
  return (
    <SecretOnce
      title={`Key ${created.name ?? ''} created`}
      what="key"
      secret={created.secret}
      onClose={onClose}
    >
      Expires {formatInstant(new Date(created.expires_at))}. Pass the key to the dlthub client in the
      environment variable RUNTIME__API_KEY, and set the URL of this server:
      <CommandLine command={`export RUNTIME__API_BASE_URL=${apiBaseUrl}`} />
      For the older client, <code>dlt runtime</code>, set the key in this form instead:
      <CommandLine command={`export RUNTIME__AUTH_TOKEN=${created.jwt}`} what="Key for dlt runtime" />
    </SecretOnce>
  );
}
