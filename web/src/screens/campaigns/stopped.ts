// Why a campaign stopped by itself, as the engine writes it down: its agent failed too often, its budget was used up, or it comes from a backup.

export type Stopped =
  | { readonly kind: 'breaker'; readonly figures: { readonly row: string; readonly failed: string; readonly last: string } }
  | { readonly kind: 'budget'; readonly text: string }
  | { readonly kind: 'restored'; readonly text: string };

export function stopped(why: unknown): Stopped | undefined {
  const told = object(why);
  if (told['breaker'] !== undefined) {
    const { inARow, failed, ofLast } = object(told['breaker']);
    return { kind: 'breaker', figures: { row: text(inARow), failed: text(failed), last: text(ofLast) } };
  }
  if (told['budget'] !== undefined) return { kind: 'budget', text: text(object(told['budget'])['figures']) };
  if (told['restored'] !== undefined) return { kind: 'restored', text: text(object(told['restored'])['position']) };
  return undefined;
}

function object(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
