// What went wrong, as the engine tells it (RFC 9457), or that nobody answered at all.

import type { components } from './schema';

type Body = components['schemas']['Problem'];

/** The code of a failure that never reached the engine. */
export const UNREACHABLE = 'unreachable';
/** The code of a mistake of the page's own. */
export const PAGE = 'page';

/** Refused for a reason of the moment: too slow, too many. */
const MOMENTARY: readonly number[] = [408, 425, 429];

export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  /** Which field of what was sent is wrong. */
  readonly field: string | undefined;
  /** Seconds after which to try again, where the engine says so. */
  readonly after: number | undefined;
  /** What a code says beside that, such as the session that holds the remote host. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: string, text: string, status: number, more: { field?: string | undefined; after?: number | undefined; members?: Record<string, unknown> } = {}) {
    super(text);
    this.name = 'Problem';
    this.code = code;
    this.status = status;
    this.field = more.field;
    this.after = more.after;
    this.members = more.members ?? {};
  }

  /** Whether the same request may well succeed a little later. */
  get passing(): boolean {
    return this.code === UNREACHABLE || this.status === 503 || this.status === 502 || this.status === 504;
  }

  /** Whether the same request would only be refused again. */
  get lasting(): boolean {
    return this.status >= 400 && this.status < 500 && !MOMENTARY.includes(this.status);
  }

  static unreachable(): Problem {
    return new Problem(UNREACHABLE, '', 0);
  }

  /** Whatever the answer holds: a proxy in between may have answered in its own words. */
  static of(response: Response, body: unknown): Problem {
    const after = Number(response.headers.get('retry-after') ?? '') || undefined;
    if (!isBody(body)) return new Problem(`http-${response.status}`, response.statusText || String(response.status), response.status, { after });
    return new Problem(body.code, body.detail || body.title, response.status, {
      after,
      field: body.field ?? body.parameter ?? undefined,
      members: { ...body },
    });
  }

  /** What somebody threw. */
  static from(thrown: unknown): Problem {
    if (thrown instanceof Problem) return thrown;
    return new Problem(PAGE, thrown instanceof Error ? thrown.message : String(thrown), 0);
  }
}

function isBody(body: unknown): body is Body {
  return typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string' && 'title' in body;
}
