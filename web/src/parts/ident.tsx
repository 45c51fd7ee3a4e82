// An id of which the end tells one from another: where there is no room for all of it, its middle is left out.

import type { ReactNode } from 'react';

/** `session-1738862891234-abc123` ends in what differs. */
const END = 7;

export function Ident({ id }: { readonly id: string }): ReactNode {
  if (id.length <= 2 * END) return <span className="mono">{id}</span>;
  return <span className="ident mono"><span>{id.slice(0, -END)}</span><span>{id.slice(-END)}</span></span>;
}
