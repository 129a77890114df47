/** A form as the bytes that Node makes of it: other kinds of fetch know only their own class of forms. */
export function encodeForm(form: FormData, init: RequestInit): RequestInit {
  const encoded = new Response(form);
  const headers = new Headers(init.headers);
  headers.set('content-type', encoded.headers.get('content-type') ?? '');
  return { ...init, body: encoded.body, headers, duplex: 'half' };
}
